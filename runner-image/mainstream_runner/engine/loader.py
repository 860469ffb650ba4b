"""From a plan to an executor: base networks from the registry, private weights and heads from the store."""

import copy
from pathlib import Path

import torch
from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.mpackage.manifest import Blob
from mainstream.nn.head import PoolLinear
from mainstream.nn.network import Network
from mainstream.nn.prefix_hash import next_prefix_hash
from mainstream.nn.registry import load_base_network
from mainstream.runner_plan import RunnerPlan
from mainstream_runner.engine.back_end import BackEnd, Step
from mainstream_runner.engine.blobs import read_tensors
from mainstream_runner.engine.executor import Executor, ViewParts
from mainstream_runner.engine.tree import HeadLeaf, SegmentNode, StemTree, stem_trees


def load_executor(plan: RunnerPlan, store: Path, back_end: BackEnd) -> Executor:
    """All that the plan runs, loaded, checked and warmed; raises `InvalidInputError` naming the field or file."""
    networks = {name: load_base_network(name) for name in {app.base for app in plan.apps}}
    trees = stem_trees(plan, {name: network.prefix_hashes for name, network in networks.items()})
    loader = _Loader(store, back_end, sharing=plan.sharing)
    executor = Executor(plan.digest, tuple(loader.view(networks[tree.base], tree) for tree in trees))
    executor.warm()
    return executor


class _Loader:
    """Loads each share key's weights once; without sharing every view gets its own copy."""

    def __init__(self, store: Path, back_end: BackEnd, *, sharing: bool) -> None:
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
                        source=self._store / "blobs" / node.blob.sha256,
                    )
            self._segments[node.key] = self._back_end.part(module)
        return self._segments[node.key]

    def _head(self, network: Network, leaf: HeadLeaf) -> Step:
        head = PoolLinear(network.feature_channels)
        self._fill(head, leaf.blob)
        return self._back_end.part(head)

    def _fill(self, module: nn.Module, blob: Blob) -> None:
        tensors = read_tensors(self._store, blob)
        expected = {name: (tensor.shape, tensor.dtype) for name, tensor in module.state_dict().items()}
        found = {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}
        if found != expected:
            wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
            raise InvalidInputError(
                f"holds other tensors than its part of the network ({', '.join(wrong[:3])}); train the package again",
                source=self._store / "blobs" / blob.sha256,
            )
        with torch.no_grad():
            module.load_state_dict(tensors)
