"""What there is to know of each branch-point of a base network, as plain numbers."""

from dataclasses import dataclass

from mainstream.nn.network import Network

_FLOAT_BYTES = 4


@dataclass(frozen=True)
class BranchPointRow:
    """A branch-point, and the segment that ends there."""

    branch_point: int
    node: str
    """of the traced graph"""
    cost_share: float
    """of the network's operations before it, 0 to 1"""
    segment_share: float
    """of the network's operations in the segment"""
    shape: tuple[int, ...]
    """of the one tensor alive there, without the batch"""
    map_bytes: int
    """of that tensor, float32"""
    parameters: int
    """of the segment"""
    bytes: int
    """of the segment's parameters and buffers"""

    @property
    def map(self) -> str:
        """The shape as a person writes it."""
        return "x".join(map(str, self.shape))


def network_rows(network: Network) -> list[BranchPointRow]:
    """One row a branch-point, the input first; it has no segment."""
    rows = []
    for k, cut in enumerate(network.branch_points):
        segment = network.segments[k - 1] if k else None
        tensors = segment.state_dict().values() if segment is not None else ()
        rows.append(
            BranchPointRow(
                branch_point=k,
                node=cut.node,
                cost_share=cut.cost_share,
                segment_share=cut.cost_share - network.branch_points[k - 1].cost_share if k else 0.0,
                shape=cut.shape,
                map_bytes=_FLOAT_BYTES * cut.elements,
                parameters=sum(each.numel() for each in segment.parameters()) if segment is not None else 0,
                bytes=sum(tensor.numel() * tensor.element_size() for tensor in tensors),
            )
        )
    return rows
