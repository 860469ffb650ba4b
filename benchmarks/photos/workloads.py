"""One workload: its streams, its apps as a node sees them, and the planner's problem. Pure.

A cell of more apps than there are packages has twins: apps of other tenants who ask for the same event with a package
as good. What a twin trained of its own is nobody else's, so twins share no more than strangers do.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mainstream.alerts.merging import merged_events
from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.arrays import FloatArray
from mainstream.footage.frame_times import FrameTimes
from mainstream.messages.node_profile import NodeProfile
from mainstream.mpackage.curve import ReplayedCurve
from mainstream.mpackage.manifest import Manifest, MeasuredEventStatistics, PackedCandidate
from mainstream.planner import Problem
from mainstream.planner.replays import ReplayedPoints
from mainstream.workload.caution import cautious_points, cautious_rows
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream.workload.problem import build_problem
from mainstream_trainer.data.event_statistics import labelled_statistics, packed_statistics
from mainstream_trainer.measure.picture_replay import distinct_thresholds, play
from mainstream_trainer.measure.picture_streams import PictureStream
from photos.cells import BUDGET_APPS, Cell, draw_runs
from photos.packages import Scores
from photos.pools import Pool
from photos.streams import ClassRuns, make_stream

STREAM = "camera"
NODE = "box"
Curves = Mapping[tuple[str, str], ReplayedPoints]
"""by package and candidate"""


@dataclass(frozen=True)
class Streams:
    """One draw of everything that cells of the same streams have in common."""

    cell: Cell
    index: int
    runs: Mapping[int, ClassRuns]
    test: PictureStream
    """what is measured on"""
    replayed: Mapping[str, PictureStream]
    """by kind of candidate: of photos whose scores are known before, what predictions are made on"""
    packages: Mapping[str, Manifest]
    """as tenants declare their events, without replays"""
    labels: Mapping[str, int]
    """class of each package's event"""

    def order(self) -> list[str]:
        """Packages in the order in which cells of few apps take them."""
        names = list(self.packages)
        return [names[i] for i in _rng(self.cell, self.index, "apps").permutation(len(names))]

    def curves(self, learnt: Scores) -> Curves:
        """The curve of every candidate, as the trainer would have replayed it for these events, and believed."""
        return {
            (name, each.name): self._curve(name, each, learnt[name, each.name])
            for name, package in self.packages.items()
            for each in package.candidates
        }

    def _curve(self, name: str, candidate: PackedCandidate, scores: FloatArray) -> ReplayedPoints:
        statistics = placed_app(name, self.packages[name], self.cell.rates_fps).event_statistics
        events, points = merged_events(statistics), cautious_points(candidate)
        thresholds = distinct_thresholds((point.threshold, point.p, point.e) for point in candidate.operating_points)
        curve = play(
            self.replayed[candidate.kind], [self.labels[name]], events, scores, thresholds, self.cell.rates_fps
        )
        rows = ReplayedCurve.of(curve).numbers()
        return ReplayedPoints(cautious_rows(rows, points, candidate.evaluation, events, statistics.correlation))


@dataclass(frozen=True)
class Workload:
    """A cell's apps on its streams."""

    cell: Cell
    streams: Streams
    of: Mapping[str, str]
    """package of each app"""
    node: NodeWorkload

    @property
    def gaps_s(self) -> dict[str, float]:
        """Merge gap of every app."""
        return {placed.name: placed.merge_gap_s for placed in self.node.apps}

    @property
    def event_classes(self) -> dict[str, tuple[int, ...]]:
        """What every app's event is."""
        return {app: (self.streams.labels[package],) for app, package in self.of.items()}

    def problem(self, curves: Curves) -> Problem:
        """What has to be planned, under the cell's budget."""
        stated = with_curves(build_problem(self.node), self.of, curves)
        return replace(stated, budget=budget(self.cell, self.node))


def draw_streams(
    cell: Cell, index: int, pool: Pool, packages: Mapping[str, Manifest], labels: Mapping[str, int]
) -> Streams:
    """Streams `index` of all cells that have them in common."""
    rng = _rng(cell, index, "streams")
    runs = draw_runs(cell, len(pool.classes), rng)
    made = [
        make_stream(runs, part.of_class(), float(cell.stream_fps), cell.limits_s, seed)
        for part, seed in zip((pool.test, pool.learnt, pool.held_out), rng.integers(0, 2**31, 3).tolist(), strict=True)
    ]
    test, learnt, held_out = made
    declared = {
        name: _declared(package, _statistics(learnt, labels[name], runs[labels[name]].correlation))
        for name, package in packages.items()
    }
    return Streams(cell.streams, index, runs, test, {"micro": learnt, "fine-tuned": held_out}, declared, labels)


def draw_workload(cell: Cell, streams: Streams, profile: NodeProfile) -> Workload:
    """The apps of a cell: with fewer than there are packages, which ones is drawn; with more there are twins."""
    order = streams.order()
    of = {_app_name(order, i): order[i % len(order)] for i in range(cell.apps)}
    placed = tuple(
        placed_app(
            app,
            _twin(streams.packages[package], i // len(order)),
            cell.rates_fps,
            camera_fps=float(cell.stream_fps),
        )
        for i, (app, package) in enumerate(of.items())
    )
    return Workload(cell, streams, of, node_of(placed, profile))


def with_curves(problem: Problem, of: Mapping[str, str], curves: Curves) -> Problem:
    """The problem with these curves; what its options cost is another matter."""
    apps = tuple(
        replace(
            app,
            candidates=tuple(replace(each, replayed=curves[of[app.name], each.name]) for each in app.candidates),
        )
        for app in problem.apps
    )
    return replace(problem, apps=apps)


def placed_app(
    name: str, package: Manifest, rates_fps: Sequence[float], camera: str = STREAM, camera_fps: float = 30.0
) -> PlacedApp:
    """An app that looks at the whole picture of a camera, at one of these rates."""
    spec = {"url": "file:stream.mp4", "framesPerSecond": camera_fps, "node": {"name": NODE}}
    stream = VideoStream.model_validate(manifest("VideoStream", camera, spec))
    wanted: dict[str, object] = {
        "stream": {"name": camera},
        "package": {"reference": f"{package.name}@1"},
        "rates": list(rates_fps),
    }
    return PlacedApp(VideoApp.model_validate(manifest("VideoApp", name, wanted)), stream, package)


def node_of(placed: Sequence[PlacedApp], profile: NodeProfile, cores: float = 1.0) -> NodeWorkload:
    """A node that these apps are on."""
    node = EdgeNode.model_validate(manifest("EdgeNode", NODE, {"budget": cores}))
    return NodeWorkload(node, profile, tuple(placed))


def budget(cell: Cell, node: NodeWorkload) -> float:
    """CPU-seconds per second with which No-Sharing affords ten apps the cell's rate each."""
    profile = node.profile
    base = profile.bases[node.apps[0].package.base.name]
    overhead = profile.idle + profile.decode_s[STREAM] * cell.stream_fps
    return overhead + BUDGET_APPS * cell.no_sharing_fps * (profile.frame_s + base.head_s[0])


def manifest(kind: str, name: str, spec: dict[str, object]) -> dict[str, object]:
    """An object as somebody would write it."""
    return {"apiVersion": "mainstream.video/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def _rng(cell: Cell, index: int, what: str) -> np.random.Generator:
    seed = f"{cell.pool}/{cell.stream_fps}/{cell.published_lengths}/{index}/{what}"
    return np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]))


def _app_name(order: Sequence[str], i: int) -> str:
    return order[i] if i < len(order) else f"{order[i % len(order)]}-twin-{i // len(order)}"


def _twin(package: Manifest, number: int) -> Manifest:
    """A package as good, whose own layers are no other's."""

    def apart(candidate: PackedCandidate) -> PackedCandidate:
        own = tuple(
            each.model_copy(update={"prefix_hash": hashlib.sha256(f"{each.prefix_hash}/{number}".encode()).hexdigest()})
            for each in candidate.segments
        )
        return candidate.model_copy(update={"segments": own})

    if not number:
        return package
    return package.model_copy(update={"candidates": tuple(apart(each) for each in package.candidates)})


def _statistics(stream: PictureStream, label: int, correlation: float) -> MeasuredEventStatistics:
    """What an app's tenant declares: lengths and frequency of a labelled stream, and the correlation of its class."""
    times = FrameTimes.constant(stream.frames, stream.fps)
    return packed_statistics(labelled_statistics(stream.events([label]), (), times), correlation, "declared")


def _declared(package: Manifest, statistics: MeasuredEventStatistics) -> Manifest:
    """The package with other statistics; what the trainer replayed was on streams of those it was told."""
    candidates = tuple(each.model_copy(update={"replayed": ()}) for each in package.candidates)
    return package.model_copy(update={"event_statistics": statistics, "candidates": candidates})
