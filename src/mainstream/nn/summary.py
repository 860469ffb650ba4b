"""What there is to know of each branch-point of a base network, as plain numbers."""

from dataclasses import dataclass

from mainstream.head_form import problem_of_flat
from mainstream.nn.heads.kinds import DEFAULT_WIDTH
from mainstream.nn.network import Network

_FLOAT_BYTES = 4
_MAP_DIMENSIONS = 3


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
    head_share: float | None
    """operations of a pooled micro-head that reads the map, of the network's; None where what is alive has no places"""
    flat: bool
    """whether a flat one may read it too, at one operation more for each place and channel"""

    @property
    def map(self) -> str:
        """The shape as a person writes it."""
        return "x".join(map(str, self.shape))


def network_rows(network: Network) -> list[BranchPointRow]:
    """One row a branch-point, the input first; it has no segment."""
    whole = network.branch_points[-1].operations or 1
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
                head_share=_head_operations(cut.shape) / whole if len(cut.shape) == _MAP_DIMENSIONS else None,
                flat=len(cut.shape) == _MAP_DIMENSIONS and problem_of_flat(*cut.shape[1:]) is None,
            )
        )
    return rows


def _head_operations(shape: tuple[int, ...]) -> int:
    """Multiplications and additions of a 1x1 convolution to as many channels as micro-heads have where nobody says."""
    channels, height, width = shape
    return 2 * channels * height * width * DEFAULT_WIDTH
