"""From a plan to an executor: base networks from registry or store, private weights and heads from the store.

What an app needs and can't be had costs that app alone. What was prepared for the plan before, and is still in use, is
taken from there without being read again.
"""

import copy
import logging
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from torch import nn

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.head_form import HeadForm
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream.mpackage.layout import blob_key
from mainstream.mpackage.manifest import Blob
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.heads.kinds import make_head
from mainstream.nn.heads.map_shape import MapShape
from mainstream.nn.network import Network
from mainstream.nn.prefix_hash import next_prefix_hash
from mainstream.nn.tensors import fill
from mainstream.weights import open_base_network, read_tensors
from mainstream_runner.engine.agreement import (
    Pictures,
    base_problem,
    calibration_frames,
    identity,
    unsound_apps,
)
from mainstream_runner.engine.back_end import EngineStep, Prepared
from mainstream_runner.engine.calibration import BackEndChoice, Choose
from mainstream_runner.engine.chains import Chain, chains_of, enters_in_one
from mainstream_runner.engine.executor import PIXELS, Executor, ViewParts, Work
from mainstream_runner.engine.head_groups import HeadAtMap, head_groups
from mainstream_runner.engine.heads import HeadGroup
from mainstream_runner.engine.torch_eager import TorchEager
from mainstream_runner.engine.tree import SegmentNode, StemTree, check_base, check_map, stem_tree
from mainstream_runner.views import PlanView, plan_views

_log = logging.getLogger(__name__)
PreparedParts = MutableMapping[str, Prepared]
"""what is in memory, by back end and share keys; let go of what no executor runs (a WeakValueDictionary)"""
_Loaded = TypeVar("_Loaded")
_MOST_AGREED = 4096
"""agreements that are remembered; with more, only those of the apps that run"""
_NO_SIZE = (1, 1)
"""of a view of which nothing runs"""


def load_executor(
    plan: RunnerPlan,
    store: Path,
    choose: Choose,
    *,
    prepared: PreparedParts | None = None,
    agreed: frozenset[str] = frozenset(),
    pictures: Pictures | None = None,
) -> Executor:
    """All that the plan runs, loaded, checked and warmed.

    `agreed` is what the executor before, and those before it, were found to agree in. Apps that can't be loaded are
    left out and named, be it all of them; raises `MainstreamError` for what is none of theirs.
    """
    loader = _Loader(plan, FolderStore(store), choose, {} if prepared is None else prepared, agreed)
    failures: dict[str, MainstreamError] = {}
    while True:
        try:
            executor = loader.executor(failures)
        except _AppFailedError as failed:
            failures[failed.app] = failed.error
            continue
        if loader.is_sound(executor, pictures or {}, failures):
            executor.warm()
            return executor


class _AppFailedError(Exception):
    """One app can't be loaded."""

    def __init__(self, app: str, error: MainstreamError) -> None:
        super().__init__(app)
        self.app, self.error = app, error


@dataclass
class _Loader:
    """Reads every blob once, however often it is asked for it."""

    plan: RunnerPlan
    store: FolderStore
    choose: Choose
    prepared: PreparedParts
    agreed: frozenset[str]
    _networks: dict[str, Network] = field(default_factory=dict)
    _choices: dict[str, BackEndChoice] = field(default_factory=dict)
    _modules: dict[str, nn.Module] = field(default_factory=dict)
    _heads: dict[tuple[HeadForm, str], nn.Module] = field(default_factory=dict)
    _steps: dict[str, EngineStep] = field(default_factory=dict)
    _apart: set[str] = field(default_factory=set)
    """base networks with a view that several chains begin on: preprocessing is a step of its own on all of theirs, so
    that they go on sharing chains"""

    def executor(self, failures: dict[str, MainstreamError]) -> Executor:
        """Everything but the apps that failed; `_AppFailedError` names the next one."""
        left = [app for app in self.plan.apps if app.name not in failures]
        for app in left:
            network = self._blaming([app], self._network, app)
            if app.base_digest not in self._choices:
                self._choices[app.base_digest] = self.choose(network)
            self._blaming([app], self._check, app, network)
        views = [replace(view, apps=tuple(a for a in view.apps if a in left)) for view in plan_views(self.plan)]
        self._steps = {}
        self._apart = {
            view.base_digest
            for view in views
            if view.apps and not enters_in_one(stem_tree(view, self._networks[view.base_digest].prefix_hashes))
        }
        parts = tuple(self._view(number, view) for number, view in enumerate(views))
        problems = [choice.problem for choice in self._choices.values() if choice.problem is not None]
        return Executor(
            self.plan.digest,
            parts,
            {app: str(error) for app, error in failures.items()},
            frozenset(
                identity(app, _feature_key(app), part.back_end.name)
                for view, part in zip(views, parts, strict=True)
                for app in view.apps
            )
            | (self.agreed if len(self.agreed) < _MOST_AGREED else frozenset()),
            next(iter(problems), None),
        )

    def is_sound(self, executor: Executor, pictures: Pictures, failures: dict[str, MainstreamError]) -> bool:
        """Whether all that is new in it decides as the reference does. If not, apps whose own weights are the cause are
        among the failures afterwards, and base networks whose back end is the cause are run by the reference."""
        reference = BackEndChoice(TorchEager())
        sound = True
        for number, view in enumerate(plan_views(self.plan)):
            parts = executor.views[number]
            new = tuple(
                app
                for app in view.apps
                if app.name in parts.apps and identity(app, _feature_key(app), parts.back_end.name) not in self.agreed
            )
            if not new:
                continue
            is_reference = parts.back_end.name == reference.back_end.name
            expected = None if is_reference else self._view(number, replace(view, apps=new), reference)
            frames = calibration_frames(parts.height, parts.width, pictures)
            problems = unsound_apps(new, parts, expected, frames)
            if not problems:
                continue
            sound, network = False, self._networks[view.base_digest]
            why = None if is_reference else base_problem(network, parts.back_end, reference.back_end, frames)
            if why is None:
                failures |= {app: InvalidInputError(problem) for app, problem in problems.items()}
            else:
                self._choices[view.base_digest] = BackEndChoice(TorchEager(), problem=why)
        return sound

    def _network(self, app: RunnerApp) -> Network:
        if app.base_digest not in self._networks:
            network = open_base_network(app.base, app.base_digest, app.base_segments, self.store)
            self._networks[app.base_digest] = network
        return self._networks[app.base_digest]

    def _check(self, app: RunnerApp, network: Network) -> None:
        check_base(app, network.prefix_hashes)
        check_map(app, network.map_at(_tap(app, network)))
        self._head(app)

    def _view(self, number: int, view: PlanView, choice: BackEndChoice | None = None) -> ViewParts:
        network = self._networks.get(view.base_digest)
        if network is None:
            return ViewParts(*_NO_SIZE, TorchEager(), 1)
        chosen = choice or self._choices[view.base_digest]
        # Without sharing every app runs on its own, down to the memory that its weights lie in.
        owner = "" if self.plan.sharing else f"{self.plan.digest}:{number}:"
        tree = stem_tree(view, network.prefix_hashes)
        height, width = network.preprocessing.height, network.preprocessing.width
        work: list[Work] = []
        apart = view.base_digest in self._apart
        if view.apps and apart:
            enter = self._step(
                f"{chosen.back_end.name}/{chosen.batch}:{owner}{tree.root}",
                lambda: chosen.back_end.preprocessing(network.preprocessing, chosen.batch),
            )
            work.append(Work(PIXELS, owner + tree.root, enter, 0))
        for chain in chains_of(tree):
            start = owner + chain.start if apart or chain.start != tree.root else PIXELS
            step = self._chain(network, tree, chain, chosen, owner, view.apps, from_pixels=start == PIXELS)
            work.append(Work(start, owner + chain.end, step, chain.nodes[-1].index + 1))
        heads = self._heads_of(view.apps, owner, chosen)
        return ViewParts(height, width, chosen.back_end, chosen.batch, tuple(work), heads)

    def _chain(
        self,
        network: Network,
        tree: StemTree,
        chain: Chain,
        choice: BackEndChoice,
        owner: str,
        apps: Sequence[RunnerApp],
        *,
        from_pixels: bool,
    ) -> EngineStep:
        def prepare() -> Prepared:
            modules = [
                self._blaming(
                    [app for app in apps if node in tree.due_nodes([app.name])], self._module, network, node, owner
                )
                for node in chain.nodes
            ]
            shape = network.branch_points[chain.nodes[0].index].shape
            enter = network.preprocessing if from_pixels else None
            return choice.back_end.chain(modules, shape, choice.batch, enter)

        start = PIXELS if from_pixels else chain.start
        return self._step(f"{choice.back_end.name}/{choice.batch}:{owner}{start}:{chain.end}", prepare)

    def _step(self, key: str, prepare: Callable[[], Prepared]) -> EngineStep:
        """A step of this executor; views with the same work share it."""
        if key not in self._steps:
            found = self.prepared.get(key)
            if found is None:
                found = self.prepared[key] = prepare()
            self._steps[key] = found.step()
        return self._steps[key]

    def _module(self, network: Network, node: SegmentNode, owner: str) -> nn.Module:
        key = owner + node.key
        if key not in self._modules:
            module = network.segments[node.index]
            if node.blob is not None or owner:
                module = copy.deepcopy(module)
            if node.blob is not None:
                self._fill(module, node.blob)
                if next_prefix_hash(node.parent, module) != node.key:
                    raise InvalidInputError(
                        f"private segment {node.index} has another share key than the plan names "
                        f"({node.key[:12]}); plan again from the package",
                        source=self._source(node.blob),
                    )
            self._modules[key] = module
        return self._modules[key]

    def _head(self, app: RunnerApp) -> nn.Module:
        key = (app.head_form, app.head.sha256)
        if key not in self._heads:
            network = self._networks[app.base_digest]
            head = make_head(app.head_form.kind, network.map_at(_tap(app, network)), app.head_form.width)
            self._fill(head, app.head)
            self._heads[key] = head
        return self._heads[key]

    def _heads_of(self, apps: Iterable[RunnerApp], owner: str, choice: BackEndChoice) -> tuple[HeadGroup, ...]:
        placed = (
            HeadAtMap(owner + _feature_key(app), MapShape(*app.head_form.map), app.name, app.fps, self._head(app))
            for app in apps
        )
        return head_groups(placed, choice.back_end)

    def _fill(self, module: nn.Module, blob: Blob) -> None:
        fill(module, read_tensors(self.store, blob), source=self._source(blob))

    def _source(self, blob: Blob) -> str:
        return f"{self.store}: {blob_key(blob)}"

    def _blaming(self, apps: Sequence[RunnerApp], load: Callable[..., _Loaded], *args: object) -> _Loaded:
        try:
            return load(*args)
        except MainstreamError as error:
            raise _AppFailedError(apps[0].name, error) from error
        except Exception as error:  # whatever is wrong with one app's weights must not stop the others'
            _log.exception("app %s could not be loaded", apps[0].name)
            problem = MainstreamError(f"could not be loaded ({type(error).__name__}); train it again and publish that")
            raise _AppFailedError(apps[0].name, problem) from error


def _tap(app: RunnerApp, network: Network) -> int:
    """The branch-point of the map that the app's head reads."""
    return app.branch_point if app.kind == "micro" else network.depth


def _feature_key(app: RunnerApp) -> str:
    """Share key of the feature map that the app's head looks at."""
    return app.segments[-1].prefix_hash if app.segments else app.prefix_hash
