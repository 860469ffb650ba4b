"""Replayed curves of a workload's apps: their held-out photos, as the stream shows them, played at every rate. Pure.

The trainer replays held-out video; packages of pictures have none, so here the stream that the event statistics are
taken from is replayed: same kind of events, held-out photos, another seed than the stream that is measured on.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mainstream.planner import App, Candidate, OperatingPoint, Problem, ReplayedPoint
from mainstream.scoring import outside_windows
from mainstream.voting import decisions
from photo_scores import Scores
from play import due_frames, in_seconds
from streams import IntArray, PhotoStream
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
    events = stream.events(workload.event_classes[app.name])
    shown = scores[app.name, candidate.branch_point]
    points = _distinct(candidate.operating_points)
    spans = in_seconds(events, stream.fps)
    windows = outside_windows(spans, (0.0, stream.seconds), workload.lengths_s[app.name])
    inside, outside = _starts_and_ends(spans), _starts_and_ends(windows)
    curve = []
    for fps in app.allowed_rates:
        analysed = due_frames([fps], stream)[fps]
        seen = shown[stream.photos[analysed]]
        for point in points:
            hits = seen >= point.threshold
            for votes in VOTES:
                times_s = _decision_times_s(analysed, hits, votes, stream)
                curve.append(
                    ReplayedPoint(
                        threshold=point.threshold,
                        fps=fps,
                        votes=votes,
                        recall=share_hit(times_s, *inside),
                        false_alarm=share_hit(times_s, *outside),
                    )
                )
    return replace(candidate, replayed=tuple(curve))


def _decision_times_s(analysed: IntArray, hits: NDArray[np.bool_], votes: int, stream: PhotoStream) -> FloatArray:
    return np.asarray((analysed[decisions(hits, votes)] + 0.5) / stream.fps, dtype=np.float64)


def share_hit(times_s: FloatArray, starts_s: FloatArray, ends_s: FloatArray) -> float:
    """Share of spans with a time in them; times ascend."""
    if not len(starts_s):
        return 0.0
    return float(np.mean(np.searchsorted(times_s, ends_s) > np.searchsorted(times_s, starts_s)))


def _starts_and_ends(spans: Sequence[tuple[float, float]]) -> tuple[FloatArray, FloatArray]:
    found = np.array(spans, dtype=np.float64).reshape(-1, 2)
    return found[:, 0].copy(), found[:, 1].copy()


def _distinct(points: Sequence[OperatingPoint]) -> list[OperatingPoint]:
    """Thresholds that tell photos apart differently, thinned evenly."""
    first = {(point.p, point.e): point for point in points}
    different = list(first.values())
    kept = np.unique(np.linspace(0, len(different) - 1, min(KEPT_POINTS, len(different))).round().astype(int))
    return [different[index] for index in kept.tolist()]
