"""Chains of a stem tree: the longest runs of segments that no head and no other branch leaves between. Pure.

What lies beyond a chain's end lies beyond each of its segments, so all of it runs at one rate, and a chain can be
prepared as one piece without running anything for nobody.
"""

from collections import Counter
from dataclasses import dataclass

from mainstream_runner.engine.tree import SegmentNode, StemTree


@dataclass(frozen=True)
class Chain:
    """Segments that always run together."""

    nodes: tuple[SegmentNode, ...]

    @property
    def start(self) -> str:
        """Share key of what goes in."""
        return self.nodes[0].parent

    @property
    def end(self) -> str:
        """Share key of what comes out."""
        return self.nodes[-1].key


def enters_in_one(tree: StemTree) -> bool:
    """Whether all that runs on a frame begins with one chain, so that preprocessing can be a part of that."""
    first = {node.key for node in tree.nodes if node.parent == tree.root}
    return len(first) == 1 and all(leaf.parent != tree.root for leaf in tree.leaves)


def chains_of(tree: StemTree) -> tuple[Chain, ...]:
    """Every segment of the tree in one chain, parents before children."""
    children = Counter(node.parent for node in tree.nodes)
    ends = {leaf.parent for leaf in tree.leaves} | {key for key, number in children.items() if number > 1}
    growing: dict[str, list[SegmentNode]] = {}
    chains: list[list[SegmentNode]] = []
    for node in tree.nodes:
        chain = None if node.parent in ends else growing.pop(node.parent, None)
        if chain is None:
            chain = []
            chains.append(chain)
        chain.append(node)
        growing[node.key] = chain
    return tuple(Chain(tuple(chain)) for chain in chains)
