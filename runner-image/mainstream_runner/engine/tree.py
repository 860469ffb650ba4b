"""The stem tree of a plan: which segments run for whom, decided before any weight is loaded.

Invariant: a node's key is the share key (prefix hash) of everything from the pixels up to and including it, so two apps
of a view meet in a node exactly if their networks are equal up to there. Pure: digests in, digests out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mainstream.errors import InvalidInputError
from mainstream.messages.runner_plan import RunnerApp
from mainstream.mpackage.manifest import Blob
from mainstream_runner.views import PlanView


@dataclass(frozen=True)
class SegmentNode:
    """One run of a segment of the base's graph, with the base's own weights or with private ones."""

    key: str
    """share key after the segment"""
    parent: str
    """share key before the segment; that of the preprocessed input for the first"""
    index: int
    """segment of the base network: leads from branch-point `index` to `index + 1`"""
    blob: Blob | None
    """private weights; None for the public base's"""


@dataclass(frozen=True)
class HeadLeaf:
    """The scores of one app."""

    app: str
    parent: str
    """share key of the feature map that the head looks at"""


@dataclass(frozen=True)
class StemTree:
    """Everything that runs on one view of the plan."""

    base_digest: str
    root: str
    """share key of the preprocessed input"""
    nodes: tuple[SegmentNode, ...]
    """parents before children, each share key once"""
    leaves: tuple[HeadLeaf, ...]

    def due_nodes(self, apps: Iterable[str]) -> tuple[SegmentNode, ...]:
        """What has to run for these apps, parents first, everything once; `KeyError` for an app of another view."""
        parents = {leaf.app: leaf.parent for leaf in self.leaves}
        by_key = {node.key: node for node in self.nodes}
        needed: set[str] = set()
        for app in apps:
            key = parents[app]
            while key != self.root and key not in needed:
                needed.add(key)
                key = by_key[key].parent
        return tuple(node for node in self.nodes if node.key in needed)


def stem_tree(view: PlanView, public: tuple[str, ...]) -> StemTree:
    """The tree of one view; `public` are the share keys of its base network at every branch-point."""
    nodes: dict[str, SegmentNode] = {}
    for app in view.apps:
        for node in _path(app, public):
            nodes.setdefault(node.key, node)
    leaves = tuple(HeadLeaf(app.name, (public[0], *(n.key for n in _path(app, public)))[-1]) for app in view.apps)
    return StemTree(view.base_digest, public[0], tuple(nodes.values()), leaves)


def _path(app: RunnerApp, public: tuple[str, ...]) -> list[SegmentNode]:
    """Segments from the preprocessed input to the app's feature map."""
    path = [SegmentNode(public[k + 1], public[k], k, None) for k in range(app.branch_point)]
    before = public[app.branch_point]
    for segment in app.segments:
        path.append(SegmentNode(segment.prefix_hash, before, segment.branch_point, segment.blob))
        before = segment.prefix_hash
    return path


def check_base(app: RunnerApp, public: tuple[str, ...]) -> None:
    """Raise `InvalidInputError` where the app was not made for this base network."""
    where = f"apps[{app.name}]"
    depth = len(public) - 1
    if app.branch_point > depth or app.prefix_hash != public[app.branch_point]:
        raise InvalidInputError(
            f"differs from that of base network {app.base} at branch-point {app.branch_point}; plan again from the "
            f"package",
            field=f"{where}.prefix_hash",
        )
    if app.kind == "micro":
        if app.segments:
            raise InvalidInputError(
                "must be none of a micro-head, which specialises no layer; plan again from the package",
                field=f"{where}.segments",
            )
    elif [segment.branch_point for segment in app.segments] != list(range(app.branch_point, depth)):
        raise InvalidInputError(
            f"must list every segment from branch-point {app.branch_point} to {depth}; plan again from the package",
            field=f"{where}.segments",
        )


def check_map(app: RunnerApp, shape: tuple[int, int, int]) -> None:
    """Raise `InvalidInputError` where the app's head was made for a map of another shape (channels, height, width)."""
    if app.head_form.map != tuple(shape):
        made, found = ("x".join(map(str, each)) for each in (app.head_form.map, shape))
        raise InvalidInputError(
            f"was made for a map of {made}, and {app.base} has {found} where it would run; plan again from the package",
            field=f"apps[{app.name}].head_form.map",
        )
