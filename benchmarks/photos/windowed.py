"""The published measure of what was played: F1 of events and windows of an event's length. Pure.

A second column beside the F1 of alerts, which plans are made and judged by (docs/design.md, "The published measure").
An event is found if a decision falls into it. Time outside events, half an event's length around each left out, is cut
gap by gap into equal windows of about that length; one with a decision in it is false.
"""

import numpy as np

from mainstream.alerts.spans import ROUNDING_S
from mainstream.arrays import FloatArray
from mainstream.laws.chain import f1
from mainstream.times import Span

NOTHING = np.empty((0, 2))


def windowed_f1(decided_s: FloatArray, events: FloatArray, span: Span, ignored: FloatArray = NOTHING) -> float:
    """F1 of decisions at `decided_s` (n,), ascending; `events` (m, 2) are ascending labelled runs within the span.

    Windows keep clear of `ignored` ones (k, 2) too, which the span's ends cut.
    """
    if not len(events):
        return 0.0
    length_s = float(np.diff(events, axis=1).mean())
    known = np.concatenate([events, ignored])
    found = _with_decision(decided_s, events)
    false = _with_decision(decided_s, outside_windows(known[np.argsort(known[:, 0])], span, length_s))
    return float(f1(found / len(events), found / max(1, found + false)))


def outside_windows(events: FloatArray, span: Span, length_s: float) -> FloatArray:
    """Windows (w, 2) over the time outside events."""
    begins = np.append(span[0], events[:, 1] + length_s / 2)
    ends = np.append(events[:, 0] - length_s / 2, span[1])
    counts = np.maximum(np.floor((ends - begins) / length_s + ROUNDING_S), 0).astype(np.int64)
    gap = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(gap)) - np.repeat(np.cumsum(counts) - counts, counts)
    width_s = (ends - begins)[gap] / counts[gap]
    start_s = begins[gap] + place * width_s
    return np.stack([start_s, start_s + width_s], axis=1)


def _with_decision(decided_s: FloatArray, spans: FloatArray) -> int:
    """How many of the spans hold one of the times."""
    within = np.searchsorted(decided_s, spans)
    return int(np.count_nonzero(within[:, 0] < within[:, 1]))
