"""Where a network can be cut: found in its traced graph, thinned evenly by cost.

A branch-point is a node after which exactly one tensor is alive, so that what follows needs nothing but that tensor.
Nodes that only read shapes do not count as uses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx
from torch.utils.flop_counter import FlopCounterMode

_SHAPE_READERS = frozenset({"size", "dim", "getattr"})


@dataclass(frozen=True)
class Cut:
    """A node at which the graph can be cut."""

    node: str
    """name of the node in the traced graph"""
    cost_share: float
    """share of the whole network's operations that lie before the cut, 0 to 1"""
    operations: int
    """that lie before the cut, for one frame"""
    shape: tuple[int, ...]
    """of the one tensor alive there, without the batch"""

    @property
    def elements(self) -> int:
        """Numbers that the tensor holds for one frame."""
        return torch.Size(self.shape).numel()


def find_cuts(network: fx.GraphModule, example: torch.Tensor) -> list[Cut]:
    """All branch-points of a traced network in order, the input first and the output last.

    `example` is one input (1, 3, H, W). Cost is counted in operations (of convolutions and matrix products), so that
    the answer is the same on every machine.
    """
    with torch.inference_mode(), _counted_attention(), FlopCounterMode(display=False) as counter:
        observer = _Observer(network, counter)
        observer.run(example)
    nodes = list(network.graph.nodes)
    position = {node: index for index, node in enumerate(nodes)}
    last_use = {
        node: max((position[user] for user in node.users if not _reads_shape(user)), default=-1) for node in nodes
    }
    last_read = {node: max((position[user] for user in node.users if _reads_shape(user)), default=-1) for node in nodes}
    total = sum(observer.flops.values()) or 1
    cuts: list[Cut] = []
    spent = 0
    for index, node in enumerate(nodes[:-1]):
        spent += observer.flops.get(node, 0)
        alive = [other for other in nodes[: index + 1] if other.op != "get_attr" and last_use[other] > index]
        read_later = any(last_read[other] > index for other in nodes[:index])
        if alive == [node] and not read_later and node in observer.shapes:
            cuts.append(Cut(node.name, spent / total, spent, observer.shapes[node]))
    return cuts


def thin(cuts: list[Cut], segments: int) -> list[Cut]:
    """At most `segments` + 1 of the cuts: the first, the last, and between them the nearest to an even split by cost.

    Among cuts of equal cost the smallest tensor wins, then the last one, so that a convolution keeps its normalisation
    and activation, and padding stays with the convolution that it is for.
    """
    if segments < 1:
        raise ValueError(f"segments must be at least 1, not {segments}")
    first, *between, last = cuts
    order = {cut.node: index for index, cut in enumerate(cuts)}
    kept = [first]
    for step in range(1, segments):
        free = [cut for cut in between if kept[-1].cost_share < cut.cost_share < last.cost_share]
        if free:
            goal = step / segments
            kept.append(min(free, key=lambda cut: (abs(cut.cost_share - goal), cut.elements, -order[cut.node])))
    return [*kept, last]


@contextmanager
def _counted_attention() -> Iterator[None]:
    """Attention step by step: run as one operation its matrix products are not counted."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _reads_shape(node: fx.Node) -> bool:
    target = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    return target in _SHAPE_READERS


class _Observer(fx.Interpreter):
    """Runs a graph once and notes each node's operations and the shape of the tensor that it makes."""

    def __init__(self, network: fx.GraphModule, counter: FlopCounterMode) -> None:
        super().__init__(network)
        self._counter = counter
        self.flops: dict[fx.Node, int] = {}
        self.shapes: dict[fx.Node, tuple[int, ...]] = {}

    def run_node(self, n: fx.Node) -> Any:
        before = self._counter.get_total_flops()
        result = super().run_node(n)
        self.flops[n] = self._counter.get_total_flops() - before
        if isinstance(result, torch.Tensor) and n.op != "get_attr":
            self.shapes[n] = tuple(result.shape[1:])
        return result
