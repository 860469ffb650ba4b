"""Plays a plan over a stream as feeder and engine would, from scores that the engine gave each photo once. Pure.

Everything that decides is the product's own: nested sampling, threshold, votes, and the measured definition of F1. What
is not played is time: every due frame is analysed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mainstream.alerts.measured import AlertScore, score_alerts
from mainstream.alerts.merging import merged_events
from mainstream.alerts.spans import as_spans, merge_spans
from mainstream.footage.labels import Run
from mainstream.laws.voting import decisions
from mainstream.planner import AppPlan, Plan
from mainstream.planner.answer.f1_interval import Interval
from mainstream.times import Span
from mainstream_trainer.data.event_statistics import in_seconds
from mainstream_trainer.measure.picture_replay import due_frames
from mainstream_trainer.measure.picture_streams import IntArray, PictureStream
from photos.held import moves_of_test
from photos.open_time import open_share
from photos.packages import Scores
from photos.windowed import windowed_f1
from photos.workloads import Workload

FloatArray = NDArray[np.float64]
Frames = Callable[[set[float], PictureStream], Mapping[float, IntArray]]
"""which frames of a stream apps of each rate analyse"""


@dataclass(frozen=True)
class Choice:
    """What decides of an app's frames: which scores, and how they become decisions."""

    threshold: float
    votes: int
    scores: FloatArray
    """of every photo of the pool, (photos,)"""


NOTHING = Choice(1.0, 1, np.zeros(1))
"""of an app that does not fit"""


@dataclass(frozen=True)
class Played:
    """What one app came to."""

    alerts: AlertScore
    f1_windowed: float
    """the published measure"""
    open_share: float
    """of the time, or of analysed frames, outside events"""


@dataclass(frozen=True)
class AppResult:
    """One app under one plan: what was planned, predicted, and measured by playing."""

    app: str
    candidate: str | None
    kind: str | None
    fps: float
    f1_predicted: float
    interval: Interval | None
    """90 %, of what is predicted"""
    f1: float
    f1_windowed: float
    recall: float
    precision: float
    open_share: float
    test_moves: Interval | None
    """how far down and up the measured F1 may be off, 90 %, by chance of so few test photos"""


def judged(
    decided_s: FloatArray,
    analysed_s: FloatArray,
    events: Sequence[Span],
    span: Span,
    *,
    merge_gap_s: float,
    ignored: Sequence[Span] = (),
) -> Played:
    """Decisions at ascending times (n,), among frames that were analysed, against labelled runs within the span."""
    known = as_spans(sorted([*merge_spans(events, merge_gap_s), *ignored]))
    return Played(
        score_alerts(decided_s, events, span, merge_gap_s=merge_gap_s, ignored=ignored),
        windowed_f1(decided_s, as_spans(events), span, as_spans(ignored)),
        open_share(decided_s, analysed_s, known, span, merge_gap_s),
    )


def play_app(
    choice: Choice, analysed: IntArray, stream: PictureStream, events: Sequence[Run], merge_gap_s: float
) -> Played:
    """One app that analyses the frames `analysed`."""
    hits = choice.scores[stream.pictures[analysed]] >= choice.threshold
    # The middle of the frame's time, so that rounding never moves it over an event's edge.
    analysed_s = np.asarray((analysed + 0.5) / stream.fps, dtype=np.float64)
    return judged(
        analysed_s[decisions(hits, choice.votes)],
        analysed_s,
        in_seconds(events, stream.fps),
        (0.0, stream.seconds),
        merge_gap_s=merge_gap_s,
    )


def play_plan(plan: Plan, workload: Workload, scores: Scores, frames: Frames = due_frames) -> dict[str, Played]:
    """Every app by its plan, at the `frames` of each rate; one that did not fit decides nothing. Twins with one choice
    are played once."""
    stream = workload.streams.test
    due = frames({each.fps for each in plan.apps if each.fps is not None}, stream)
    classes, gaps_s = workload.event_classes, workload.gaps_s
    played, known = {}, dict[object, Played]()
    for each in plan.apps:
        same = (workload.of[each.name], each.candidate, each.threshold, each.votes, each.fps, gaps_s[each.name])
        choice, analysed = NOTHING, np.empty(0, dtype=np.int64)
        if each.fps is not None and each.candidate is not None:
            assert each.threshold is not None
            assert each.votes is not None
            choice = Choice(each.threshold, each.votes, scores[workload.of[each.name], each.candidate])
            analysed = due[each.fps]
        if same not in known:
            known[same] = play_app(choice, analysed, stream, stream.events(classes[each.name]), gaps_s[each.name])
        played[each.name] = known[same]
    return played


def result_of(plan: Plan, played: Mapping[str, Played], moves: Mapping[str, Interval] | None = None) -> dict[str, Any]:
    """A plan and what it came to, as plain data; `moves` say how far what is measured of each app may be off."""
    apps = [asdict(_app_result(each, played[each.name], (moves or {}).get(each.name))) for each in plan.apps]
    return {"cost": plan.cost.total, "budget": plan.budget, "status": plan.status, "apps": apps}


def mean_of(result: Mapping[str, Any], what: str) -> float:
    """Mean over the apps of one result; one that did not fit counts as 0."""
    values = [app[what] or 0.0 for app in result["apps"]]
    return float(sum(values) / len(values))


def moves_of_photos(workload: Workload, played: Mapping[str, Played], labels: IntArray) -> dict[str, Interval]:
    """How far down and up what was measured of each app may be off, 90 %, by chance of so few photos of such labels."""
    found = {}
    for placed in workload.node.apps:
        alerts, events = played[placed.name].alerts, merged_events(placed.event_statistics)
        false = len(alerts.false) / max(1, len(alerts.found) + len(alerts.missed))
        shown = np.isin(labels, workload.event_classes[placed.name])
        found[placed.name] = moves_of_test(alerts.recall, false, events, shown)
    return found


def _app_result(plan: AppPlan, played: Played, moves: Interval | None) -> AppResult:
    return AppResult(
        app=plan.name,
        candidate=plan.candidate,
        kind=plan.kind,
        fps=plan.fps or 0.0,
        f1_predicted=plan.f1,
        interval=plan.f1_interval,
        f1=played.alerts.f1,
        f1_windowed=played.f1_windowed,
        recall=played.alerts.recall,
        precision=played.alerts.precision,
        open_share=played.open_share,
        test_moves=moves,
    )
