"""From a plan to an executor: base networks from registry or store, private weights and heads from the store."""

import copy
from pathlib import Path

from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.mpackage.folder_store import FolderStore
from mainstream.mpackage.layout import blob_key
from mainstream.mpackage.manifest import Blob
from mainstream.nn.heads import make_head
from mainstream.nn.network import Network
from mainstream.nn.prefix_hash import next_prefix_hash
from mainstream.nn.tensors import fill
from mainstream.runner_plan import RunnerPlan
from mainstream.weights import open_base_network, read_tensors
from mainstream_runner.engine.back_end import BackEnd, Step
from mainstream_runner.engine.executor import Executor, ViewParts
from mainstream_runner.engine.tree import HeadLeaf, SegmentNode, StemTree, stem_trees


def load_executor(plan: RunnerPlan, store: Path, back_end: BackEnd) -> Executor:
    """All that the plan runs, loaded, checked and warmed; raises `InvalidInputError` naming the field or file."""
    folder = FolderStore(store)
    bases = {app.base_digest: app for app in plan.apps}
    networks = {digest: open_base_network(app.base, digest, app.base_segments, folder) for digest, app in bases.items()}
    trees = stem_trees(plan, {digest: network.prefix_hashes for digest, network in networks.items()})
    loader = _Loader(folder, back_end, sharing=plan.sharing)
    executor = Executor(plan.digest, tuple(loader.view(networks[tree.base_digest], tree) for tree in trees))
    executor.warm()
    return executor


class _Loader:
    """Loads each share key's weights once; without sharing every view gets its own copy."""

    def __init__(self, store: FolderStore, back_end: BackEnd, *, sharing: bool) -> None:
        self._store = store
        self._back_end = back_end
        self._sharing = sharing
        self._segments: dict[str, Step] = {}

    def view(self, network: Network, tree: StemTree) -> ViewParts:
        if not self._sharing:
            self._segments = {}
        return ViewParts(
            tree=tree,
            height=network.preprocessing.height,
            width=network.preprocessing.width,
            preprocessing=self._back_end.preprocessing(network.preprocessing),
            segments={node.key: self._segment(network, node) for node in tree.nodes},
            heads={leaf.app: self._head(network, leaf) for leaf in tree.leaves},
        )

    def _segment(self, network: Network, node: SegmentNode) -> Step:
        if node.key not in self._segments:
            module = network.segments[node.index]
            if node.blob is not None or not self._sharing:
                module = copy.deepcopy(module)
            if node.blob is not None:
                self._fill(module, node.blob)
                if next_prefix_hash(node.parent, module) != node.key:
                    raise InvalidInputError(
                        f"private segment {node.index} has another share key than the plan names "
                        f"({node.key[:12]}); plan again from the package",
                        source=self._source(node.blob),
                    )
            self._segments[node.key] = self._back_end.part(module)
        return self._segments[node.key]

    def _head(self, network: Network, leaf: HeadLeaf) -> Step:
        head = make_head(leaf.kind, network.feature_channels)
        self._fill(head, leaf.blob)
        return self._back_end.part(head)

    def _fill(self, module: nn.Module, blob: Blob) -> None:
        fill(module, read_tensors(self._store, blob), source=self._source(blob))

    def _source(self, blob: Blob) -> str:
        return f"{self._store}: {blob_key(blob)}"
