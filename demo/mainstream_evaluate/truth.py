"""What the labels say of the part of a clip that is judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mainstream.alerts.measured import AlertScore, score_alert_spans
from mainstream.alerts.spans import FloatArray, Span, merge_spans
from mainstream.footage.frame_times import FrameTimes
from mainstream.labels import Labels, Run, runs_within


@dataclass(frozen=True)
class Truth:
    """Labelled runs of one app, and the stretch that is judged; in seconds of the clip."""

    runs: tuple[Span, ...]
    """as they are, of the whole clip"""
    span: Span
    default_gap_s: float
    """merge gap of an app that asks for none"""

    def events(self, merge_gap_s: float) -> list[Span]:
        """Events, after merging, that lie wholly in the span."""
        return [each for each in merge_spans(self.runs, merge_gap_s) if self._holds(each)]

    def cut(self, merge_gap_s: float) -> list[Span]:
        """What lies in the span of events that its ends cut: they belong to no part."""
        start_s, end_s = self.span
        return [
            (max(a, start_s), min(b, end_s))
            for a, b in merge_spans(self.runs, merge_gap_s)
            if not self._holds((a, b)) and a < end_s and start_s < b
        ]

    def score(self, alerts: FloatArray, merge_gap_s: float) -> AlertScore:
        """Alerts (n, 2), first and last decision of each, against the events."""
        events, cut = self.events(merge_gap_s), self.cut(merge_gap_s)
        return score_alert_spans(alerts, events, self.span, merge_gap_s=merge_gap_s, ignored=cut)

    def _holds(self, event: Span) -> bool:
        return self.span[0] <= event[0] and event[1] <= self.span[1]


def truth_of(labels: Labels, label: str, times: FrameTimes, part: Run) -> Truth:
    """What the labels say of one app; `part` are the frames that are judged."""
    runs = labels.apps[label].runs
    return Truth(tuple(times.spans(runs)), times.of(part), _default_gap_s(labels, runs, times))


def _default_gap_s(labels: Labels, runs: Sequence[Run], times: FrameTimes) -> float:
    """Mean length of the labelled runs of the training part, as they are; of all where it has none."""
    trained, _ = runs_within(tuple(runs), labels.split.train)
    lengths = np.diff(np.asarray(times.spans(trained or runs)).reshape(-1, 2), axis=1)
    return float(lengths.mean()) if len(lengths) else 1.0
