"""One workload: its stream, its apps as a node sees them, and the planner's problem. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cells import BUDGET_APPS, Cell, chosen_groups, draw_runs
from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.labels import Run
from mainstream.messages.node_profile import NodeProfile
from mainstream.mpackage.manifest import Manifest, MeasuredEventStatistics
from mainstream.planner import Problem
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream.workload.problem import build_problem
from mainstream_trainer.data.event_statistics import labelled_statistics, packed_statistics
from mainstream_trainer.measure.picture_streams import PictureStream
from pools import Pool
from streams import ClassRuns, make_stream

STREAM = "camera"
"""name of the only stream"""
NODE = "box"


@dataclass(frozen=True)
class Workload:
    """One draw of a cell."""

    cell: Cell
    index: int
    runs: Mapping[int, ClassRuns]
    stream: PictureStream
    """of test photos: what is measured on"""
    training_stream: PictureStream
    """of held-out photos: what event statistics are taken from; another seed"""
    event_classes: Mapping[str, tuple[int, ...]]
    """by app"""
    node: NodeWorkload

    @property
    def gaps_s(self) -> dict[str, float]:
        """Merge gap of every app."""
        return {placed.name: placed.merge_gap_s for placed in self.node.apps}

    @property
    def problem(self) -> Problem:
        """What has to be planned, under the cell's budget."""
        return replace(build_problem(self.node), budget=budget(self.cell, self.node))


def package_name(pool: str, classes: Sequence[int]) -> str:
    """Name of the package whose event is any of these classes."""
    return f"{pool}-{'.'.join(map(str, classes))}"


def draw_workload(
    cell: Cell, index: int, pool: Pool, packages: Mapping[str, Manifest], profile: NodeProfile
) -> Workload:
    """Workload `index` of a cell; cells that differ in their budget alone have the same ones."""
    seed = f"{cell.pool}/{cell.apps}/{cell.stream_fps}/{cell.published_lengths}/{index}"
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]))
    groups = chosen_groups(len(pool.classes), cell.apps, rng)
    runs = draw_runs(cell, len(pool.classes), rng)
    apart = [frozenset(group) for group in groups]
    seeds = rng.integers(0, 2**31, 2).tolist()
    fps = float(cell.stream_fps)
    stream = make_stream(runs, pool.test.of_class(), apart, fps, cell.limits, seeds[0])
    training = make_stream(runs, pool.held_out.of_class(), apart, fps, cell.limits, seeds[1])
    named = {package_name(pool.name, group): group for group in groups}
    declared = {name: _declared(packages[name], statistics_of(training, group, runs)) for name, group in named.items()}
    return Workload(cell, index, runs, stream, training, named, node_of(declared, fps, profile))


def _declared(package: Manifest, statistics: MeasuredEventStatistics) -> Manifest:
    """The package with other statistics; what the trainer replayed was on streams of those it was told."""
    candidates = tuple(each.model_copy(update={"replayed": ()}) for each in package.candidates)
    return package.model_copy(update={"event_statistics": statistics, "candidates": candidates})


def statistics_of(
    stream: PictureStream, group: Sequence[int], runs: Mapping[int, ClassRuns]
) -> MeasuredEventStatistics:
    """What an app's tenant declares: lengths and frequency of a labelled stream, and the correlation of its classes."""
    events: tuple[Run, ...] = stream.events(group)
    times = FrameTimes.constant(stream.frames, stream.fps)
    weights = [runs[label].runs for label in group]
    correlation = float(np.average([runs[label].correlation for label in group], weights=weights))
    return packed_statistics(labelled_statistics(events, (), times), correlation, "declared")


def node_of(
    packages: Mapping[str, Manifest], fps: float, profile: NodeProfile, url: str = "file:stream.mp4"
) -> NodeWorkload:
    """A node with one stream that all of these packages' apps look at."""
    stream = VideoStream.model_validate(
        manifest("VideoStream", STREAM, {"url": url, "framesPerSecond": fps, "node": {"name": NODE}})
    )
    node = EdgeNode.model_validate(manifest("EdgeNode", NODE, {"budget": 1.0}))
    placed = tuple(
        PlacedApp(VideoApp.model_validate(_app(name)), stream, package) for name, package in packages.items()
    )
    return NodeWorkload(node, profile, placed)


def budget(cell: Cell, node: NodeWorkload) -> float:
    """CPU-seconds per second with which No-Sharing affords ten apps the cell's rate each."""
    profile = node.profile
    base = profile.bases[node.apps[0].package.base.name]
    look_s = profile.frame_s + base.head_s[0]
    overhead = profile.idle + profile.decode_s[STREAM] * cell.stream_fps
    return overhead + BUDGET_APPS * cell.no_sharing_fps * look_s


def _app(name: str) -> dict[str, object]:
    return manifest("VideoApp", name, {"stream": {"name": STREAM}, "package": {"reference": f"{name}@1"}})


def manifest(kind: str, name: str, spec: dict[str, object]) -> dict[str, object]:
    """An object as somebody would write it."""
    return {"apiVersion": "mainstream.video/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
