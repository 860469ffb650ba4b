"""What the labels say of the part of a clip that is judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mainstream.alerts.measured import AlertScore, score_alert_spans, score_alerts
from mainstream.alerts.spans import events_within
from mainstream.arrays import FloatArray
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.labels import Labels, Run, runs_within
from mainstream.times import Span


@dataclass(frozen=True)
class Truth:
    """Events of one app in the part that is judged, after merging, in seconds of the clip."""

    span: Span
    events: list[Span]
    ignored: list[Span]
    """pieces of events that the ends of the part cut: they belong to no part"""
    merge_gap_s: float

    def score(self, alerts: FloatArray) -> AlertScore:
        """Alerts (n, 2), first and last decision of each, against the events."""
        return score_alert_spans(alerts, self.events, self.span, merge_gap_s=self.merge_gap_s, ignored=self.ignored)

    def score_decisions(self, times_s: Sequence[float] | FloatArray) -> AlertScore:
        """Decisions at ascending times (n,), merged to alerts, against the events."""
        return score_alerts(times_s, self.events, self.span, merge_gap_s=self.merge_gap_s, ignored=self.ignored)


def truth_of(labels: Labels, label: str, times: FrameTimes, part: Run, merge_gap_s: float | None = None) -> Truth:
    """What the labels say of one app; `part` are the frames that are judged.

    Labelled runs no further apart than the gap are one event; by default it is the mean length of those of the training
    part as they are, or of all where it has none.
    """
    runs = labels.apps[label].runs
    gap_s = _default_gap_s(labels, runs, times) if merge_gap_s is None else merge_gap_s
    span = times.of(part)
    whole, cut = events_within(times.spans(runs), span, gap_s)
    return Truth(span, whole, cut, gap_s)


def _default_gap_s(labels: Labels, runs: Sequence[Run], times: FrameTimes) -> float:
    trained, _ = runs_within(tuple(runs), labels.split.train)
    lengths = np.diff(np.asarray(times.spans(trained or runs)).reshape(-1, 2), axis=1)
    return float(lengths.mean()) if len(lengths) else 1.0
