"""A base network cut into segments at its branch-points.

Segment `s` (1-based) leads from branch-point `s - 1` to branch-point `s`; branch-point 0 is the preprocessed input, the
last one the feature map that heads with everything frozen look at.
"""

import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import torch
from torch import fx, nn

from mainstream.errors import InvalidInputError
from mainstream.nn.branch_points import Cut, find_cuts, thin
from mainstream.nn.heads.map_shape import MapShape
from mainstream.nn.prefix_hash import first_prefix_hash, next_prefix_hash
from mainstream.nn.preprocessing import Preprocessing
from mainstream.nn.tracing import traced

_MAP_DIMENSIONS = 3
SEGMENTS = 15
"""how many segments a base network is cut into (branch-points are thinned to this, evenly by cost)"""


class _Part(fx.GraphModule):
    """One tensor to one tensor; its weights go with the last that has it.

    A graph names the module that it is of. Of that circle each copy's weights would stay until Python looks through all
    objects, which it does by their number, not by their size: hundreds of megabytes later.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> fx.GraphModule:
        copied = super().__deepcopy__(memo)
        copied.graph.owning_module = None
        return copied


@dataclass(frozen=True)
class Network:
    """A pre-trained network, whole and in segments; parameters are never changed, apps train copies."""

    name: str
    preprocessing: Preprocessing
    branch_points: tuple[Cut, ...]
    """`branch_points[k]` is branch-point k; one more than there are segments"""
    segments: tuple[fx.GraphModule, ...]
    """`segments[k]` leads from branch-point k to k + 1; input and output are one tensor (N, ...)"""

    @classmethod
    def cut(
        cls,
        name: str,
        features: nn.Module,
        preprocessing: Preprocessing,
        segments: int = SEGMENTS,
        leaves: tuple[type[nn.Module], ...] = (),
    ) -> "Network":
        """Trace `features` (image batch to feature map) with torch.fx, not into `leaves`, and cut it at its thinned
        branch-points.
        """
        features = features.eval().requires_grad_(False)
        graph = traced(name, features, leaves)
        cuts = thin(find_cuts(graph, torch.zeros(1, 3, preprocessing.height, preprocessing.width)), segments)
        parts = tuple(_part(graph, start.node, end.node) for start, end in pairwise(cuts))
        return cls(name, preprocessing, tuple(cuts), parts)

    @property
    def depth(self) -> int:
        """The last branch-point: everything frozen."""
        return len(self.segments)

    @cached_property
    def prefix_hashes(self) -> tuple[str, ...]:
        """`prefix_hashes[k]`: the share key of everything up to branch-point k (docs/design.md, "Share keys")."""
        hashes = [first_prefix_hash(self.preprocessing)]
        for segment in self.segments:
            hashes.append(next_prefix_hash(hashes[-1], segment))
        return tuple(hashes)

    @property
    def digest(self) -> str:
        """Identity of the base network: the hash of all of it."""
        return self.prefix_hashes[-1]

    @property
    def feature_channels(self) -> int:
        """Channels of the feature map at the last branch-point."""
        return self.branch_points[-1].shape[0]

    def map_at(self, tap: int) -> MapShape:
        """Shape of the feature map at a branch-point.

        `InvalidInputError` where there is no such branch-point, or where what is alive there has no places.
        """
        self.check(tap, field="tap")
        shape = self.branch_points[tap].shape
        if len(shape) != _MAP_DIMENSIONS:
            raise InvalidInputError(
                f"{self.name} has no feature map (channels, height, width) at branch-point {tap}, but "
                f"{'x'.join(map(str, shape))} numbers; take another tap",
                field="tap",
            )
        return MapShape(*shape)

    def stem(self, branch_point: int) -> nn.Sequential:
        """The frozen part up to a branch-point, sharing this network's parameters."""
        self.check(branch_point)
        return nn.Sequential(*self.segments[:branch_point])

    def trainable_segments(self, branch_point: int) -> list[fx.GraphModule]:
        """Copies of the segments after a branch-point, for an app to fine-tune."""
        self.check(branch_point)
        return [copy.deepcopy(segment) for segment in self.segments[branch_point:]]

    def check(self, branch_point: int, field: str = "branch_point") -> None:
        """Raise unless the branch-point exists."""
        if not 0 <= branch_point <= self.depth:
            raise InvalidInputError(f"{self.name} has branch-points 0 to {self.depth}, not {branch_point}", field=field)


def _part(whole: fx.GraphModule, start: str, end: str) -> fx.GraphModule:
    """The nodes after `start` up to and including `end`, as a module of one tensor to one tensor."""
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}

    def copied(node: fx.Node) -> fx.Node:
        # A parameter is read where it is first needed, and belongs to no other part.
        if node.op == "get_attr" and node not in copies:
            copies[node] = graph.node_copy(node)
        return copies[node]

    inside = False
    for node in whole.graph.nodes:
        if node.name == start:
            copies[node] = graph.placeholder("x")
            inside = True
        elif inside and node.op != "get_attr":
            copies[node] = graph.node_copy(node, copied)
        if node.name == end:
            graph.output(copies[node])
            break
    part = _Part(whole, graph)
    graph.eliminate_dead_code()
    part.recompile()
    part.delete_all_unused_submodules()
    graph.owning_module = None
    return part
