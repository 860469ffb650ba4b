"""What photo cells stand on: a pool, its packages, what frames cost here, and all scores; made once, kept on disk."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np

from common.cameras import encode
from common.candidate_scores import candidate_scores
from common.results import FOLDER, QUICK, kept, kept_profile, key_of
from evidence.policies import OURS, PLANNERS, plan_or_none
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerStream
from mainstream.mpackage.manifest import CandidateKind, Manifest
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.registry import load_base_network
from mainstream_runner.profiling.node import profile_node
from mainstream_trainer.measure.picture_streams import shown_in_run
from mainstream_trainer.request import TrainingRequest
from photos.cells import Cell
from photos.packages import BASE, QUICK_APPS, QUICK_SETTINGS, STORE, Scores, learnt_scores, pool_requests, trained
from photos.play import moves_of_photos, play_plan, result_of
from photos.pools import Part, Pool, load_pool
from photos.workloads import STREAM, Curves, Streams, Workload, draw_streams, draw_workload

PROFILE_S, PROFILE_FPS = 15, 14
FORMAT = 2
"""of a workload's result; part of its name"""


@dataclass(frozen=True, eq=False)
class Stand:
    """One pool."""

    pool: Pool
    apps: int | None = None
    """of the first classes, as many; None: an app for each"""
    whole: bool = True
    """whether packages have fine-tunes of whole networks; what needs these serves nobody without"""

    @cached_property
    def requests(self) -> list[TrainingRequest]:
        """An app for each class that is to have one; in a quick run small ones, of a few."""
        if QUICK:
            return pool_requests(self.pool, self.apps or QUICK_APPS, QUICK_SETTINGS)
        return pool_requests(self.pool, self.apps, whole=self.whole)

    @cached_property
    def packages(self) -> dict[str, Manifest]:
        """By name."""
        return trained(self.requests)

    @property
    def told(self) -> str:
        """How many packages there are."""
        without = "" if self.whole else ", without whole networks"
        return f"{len(self.packages)} of {len(self.pool.classes)} classes{without}"

    @cached_property
    def labels(self) -> dict[str, int]:
        """Class of each package's event."""
        return {request.app: label for label, request in enumerate(self.requests)}

    @cached_property
    def profile(self) -> NodeProfile:
        """What frames of a pool's streams cost on this machine."""
        path = FOLDER / f"profile-{self.pool.name}.json"
        return kept_profile(path, self._measured)

    def _measured(self) -> NodeProfile:
        """By the product's own profiler, on a clip made of held-out photos, nearly without loss."""
        size = load_base_network(BASE).preprocessing
        pictures = self.pool.held_out.views(size.height, size.width)
        rng = np.random.default_rng(0)
        shown = [shown_in_run(np.arange(len(pictures)), PROFILE_FPS, 0.5, rng) for _ in range(PROFILE_S)]
        frames = (av.VideoFrame.from_ndarray(pictures[photo], format="rgb24") for photo in np.concatenate(shown))
        with TemporaryDirectory(prefix="mainstream-evidence-") as folder:
            clip = encode(Path(folder) / "clip.mp4", frames, (size.width, size.height), PROFILE_FPS, crf=10)
            camera = RunnerStream(name=STREAM, url=f"file:{clip}", fps=float(PROFILE_FPS), crops={"full": None})
            return profile_node([BASE], [camera])

    @cached_property
    def learnt(self) -> Scores:
        """Of photos that the trainer opens, by weights that never saw them."""
        return self._kept_scores("folds", lambda: learnt_scores(self.requests))

    @cached_property
    def test(self) -> Scores:
        """Of photos that nothing was chosen on."""
        return self.scores(self.pool.test)

    def scores(self, part: Part, kind: CandidateKind | None = None) -> Scores:
        """What shipped weights of candidates of a kind, or of all, say of a part's photos, computed once."""

        def made() -> Scores:
            network = load_base_network(BASE)
            size = network.preprocessing
            views = part.views(size.height, size.width)
            packages = [
                each.model_copy(
                    update={"candidates": tuple(one for one in each.candidates if kind in (None, one.kind))}
                )
                for each in self.packages.values()
            ]
            said = candidate_scores(packages, FolderStore(STORE), network, views)
            return {(app, name): each for app, of in said.items() for name, each in of.items()}

        return self._kept_scores(f"{part.digest} {kind}" if kind else part.digest, made)

    def _kept_scores(self, what: str, make: Callable[[], Scores]) -> Scores:
        digests = sorted(package.digest for package in self.packages.values())
        path = FOLDER / "scores" / f"{self.pool.name}-{key_of(digests, what)}.npz"
        if not path.exists():
            arrays = {f"{app}/{name}": each for (app, name), each in make().items()}
            path.parent.mkdir(parents=True, exist_ok=True)
            hidden = path.with_name(f".{path.name}")
            np.savez(hidden, allow_pickle=False, **arrays)
            hidden.replace(path)
        with np.load(path) as found:
            return {(app, name): found[f"{app}/{name}"] for app, _, name in (at.partition("/") for at in found.files)}

    @lru_cache(maxsize=2)  # noqa: B019 - a stand lives as long as its process
    def streams(self, cell: Cell, index: int) -> Streams:
        """Of all cells that have them in common."""
        return draw_streams(cell, index, self.pool, self.packages, self.labels)

    @lru_cache(maxsize=2)  # noqa: B019
    def curves(self, cell: Cell, index: int) -> Curves:
        """What is believed of every candidate on these streams."""
        return self.streams(cell, index).curves(self.learnt)

    def workload(self, cell: Cell, index: int) -> Workload:
        """One workload of a cell."""
        return draw_workload(cell, self.streams(cell.streams, index), self.profile)

    @cached_property
    def key(self) -> str:
        """What results depend on: format, packages, costs and photos."""
        digests = sorted(package.digest for package in self.packages.values())
        return key_of(FORMAT, digests, self.profile.model_dump_json(), self.pool.test.digest, list(PLANNERS))

    def results(self, cell: Cell, index: int) -> dict[str, Any]:
        """What a workload comes to under every policy, by policy; kept on disk."""
        results: dict[str, Any] = kept(self._path(cell, index), lambda: self._results(cell, index))
        return results

    def found(self, cell: Cell) -> list[dict[str, Any]]:
        """What workloads of a cell came to that were played."""
        there = [index for index in range(cell.workloads) if self._path(cell, index).exists()]
        return [self.results(cell, index) for index in there]

    def _path(self, cell: Cell, index: int) -> Path:
        return FOLDER / "cells" / cell.name / f"{index:02d}-{self.key}.json"

    def _results(self, cell: Cell, index: int) -> dict[str, Any]:
        workload = self.workload(cell, index)
        problem = workload.problem(self.curves(cell.streams, index))
        plans = {name: plan_or_none(name, problem) for name in PLANNERS}
        results = {}
        for name, plan in plans.items():
            if plan:
                played = play_plan(plan, workload, self.test)
                # Nothing else is held to what it promised.
                moves = moves_of_photos(workload, played, self.pool.test.labels) if name == OURS else None
                results[name] = result_of(plan, played, moves)
        return results


_STANDS: dict[str, Stand] = {}


def stand(name: str) -> Stand:
    """The stand of a known pool, or of a folder of pictures per class."""
    return _STANDS.setdefault(name, Stand(load_pool(name)))


def open_stand(name: str, apps: int | None, *, whole: bool) -> None:
    """Have only the first `apps` classes of a pool judged, or packages without `whole` networks."""
    _STANDS[name] = Stand(load_pool(name), apps, whole)
