"""Replayed curves of a workload's apps: their held-out photos, as the stream shows them, played at every rate. Pure.

The trainer replays held-out video; packages of pictures have none, so here the stream that the event statistics are
taken from is replayed: same kind of events, held-out photos, another seed than the stream that is measured on.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mainstream.planner import App, Candidate, OperatingPoint, Problem, ReplayedPoint
from mainstream.scoring import Span, outside_windows
from photo_scores import Scores
from play import due_frames, in_seconds
from streams import IntArray
from workloads import Workload

FloatArray = NDArray[np.float64]

VOTES = (1, 2, 3, 4, 5, 6, 7)
KEPT_POINTS = 9
"""thresholds replayed: of all that differ in their hits, evenly over the order"""


def with_replayed_curves(workload: Workload, scores: Scores) -> Problem:
    """The workload's problem with a replayed curve for every candidate; `scores` are those of held-out photos."""
    problem = workload.problem
    apps = tuple(
        replace(app, candidates=tuple(_replayed(app, candidate, workload, scores) for candidate in app.candidates))
        for app in problem.apps
    )
    return replace(problem, apps=apps)


def _replayed(app: App, candidate: Candidate, workload: Workload, scores: Scores) -> Candidate:
    stream = workload.training_stream
    spans = in_seconds(stream.events(workload.event_classes[app.name]), stream.fps)
    windows = outside_windows(spans, (0.0, stream.seconds), workload.lengths_s[app.name])
    shown = scores[app.name, candidate.branch_point]
    curve: list[ReplayedPoint] = []
    for fps in app.allowed_rates:
        analysed = due_frames([fps], stream)[fps]
        times_s = np.asarray((analysed + 0.5) / stream.fps, dtype=np.float64)
        for point in _distinct(candidate.operating_points):
            streaks = hits_in_a_row(shown[stream.photos[analysed]] >= point.threshold)
            found, false = longest_within(streaks, times_s, spans), longest_within(streaks, times_s, windows)
            curve += [
                ReplayedPoint(
                    threshold=point.threshold,
                    fps=fps,
                    votes=votes,
                    recall=_share(found >= votes),
                    false_alarm=_share(false >= votes),
                )
                for votes in VOTES
            ]
    return replace(candidate, replayed=tuple(curve))


def hits_in_a_row(hits: NDArray[np.bool_]) -> IntArray:
    """How many hits in a row end at each analysed frame, (n,): a decision falls where it reaches the votes."""
    index = np.arange(len(hits))
    streaks: IntArray = index - np.maximum.accumulate(np.where(hits, -1, index)) if len(hits) else index
    return streaks


def longest_within(streaks: IntArray, times_s: FloatArray, spans: Sequence[Span]) -> IntArray:
    """The longest of the streaks that end within each span, 0 where nothing was analysed; times ascend."""
    edges = np.array(spans, dtype=np.float64).reshape(-1, 2)
    starts, ends = np.searchsorted(times_s, edges[:, 0]), np.searchsorted(times_s, edges[:, 1])
    longest = np.zeros(len(edges), dtype=np.int64)
    some = ends > starts
    if some.any():
        # Every other piece of the reduction is what lies between two spans.
        borders = np.stack([starts[some], ends[some]], axis=1).ravel()
        padded = np.append(streaks, 0)
        longest[some] = np.maximum.reduceat(padded, borders)[::2]
    return longest


def _share(found: NDArray[np.bool_]) -> float:
    return float(found.mean()) if len(found) else 0.0


def _distinct(points: Sequence[OperatingPoint]) -> list[OperatingPoint]:
    """Thresholds that tell photos apart differently, thinned evenly."""
    first = {(point.p, point.e): point for point in points}
    different = list(first.values())
    kept = np.unique(np.linspace(0, len(different) - 1, min(KEPT_POINTS, len(different))).round().astype(int))
    return [different[index] for index in kept.tolist()]
