"""What the law needs to know of an app's events, once the merge gap has closed what lies close together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mainstream.alerts.spans import as_spans, merge_runs
from mainstream.arrays import FloatArray
from mainstream.laws.chain import EventStatistics
from mainstream.times import HOUR_S

EVENTS_KEPT = 64
PIECES_KEPT = 8
"""Of more events, or pieces of one, so many stand for all: evenly spaced among them in order of length."""
NEVER = 1e-12
"""frequency that stands for 0, so that quiet time between events stays finite"""


@dataclass(frozen=True)
class MergedEvent:
    """An event: `pieces_s` lengths of its labelled runs; each stands for `weight` of them."""

    pieces_s: tuple[float, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class MergedEvents:
    """Events of an app after merging."""

    gap_s: float
    """merge gap G, > 0"""
    length_s: float
    """mean length L, > 0, gaps between pieces included"""
    frequency: float
    """share of time inside events, pi, in [0, 1]"""
    count: int
    """events that were observed; 0 where only a mean length is known"""
    events: tuple[MergedEvent, ...]
    """at most `EVENTS_KEPT`, each standing for as many"""

    @property
    def per_hour(self) -> float:
        """How often something happens; never quite 0."""
        return events_per_hour(self.frequency, self.length_s)

    @property
    def quiet_stretches_per_hour(self) -> float:
        """Stretches of one merge gap outside events; never quite 0."""
        return max(HOUR_S * (1.0 - self.frequency) / self.gap_s, NEVER)


def events_per_hour(frequency: float, length_s: float) -> float:
    """How often events of mean length `length_s` happen, if they take so large a share of time; never quite 0."""
    return HOUR_S * max(frequency, NEVER) / length_s


def default_gap_s(statistics: EventStatistics) -> float:
    """Merge gap of an app that asks for none: mean length of the labelled runs as they are."""
    if statistics.runs_s:
        return float(np.diff(np.asarray(statistics.runs_s), axis=1).mean())
    return statistics.length_s


@lru_cache(maxsize=512)
def merged_events(statistics: EventStatistics) -> MergedEvents:
    """Events after merging: from the labelled runs, where there are some, else from declared lengths as they are."""
    gap_s = default_gap_s(statistics) if statistics.merge_gap_s is None else statistics.merge_gap_s
    if not statistics.runs_s:
        lengths = statistics.lengths_s or (statistics.length_s,)
        events = [MergedEvent((length_s,)) for length_s in lengths]
        kept = tuple(sorted(events, key=lambda event: event.pieces_s))
        return MergedEvents(gap_s, statistics.length_s, statistics.frequency, len(statistics.lengths_s), _thinned(kept))
    merged = merge_runs(statistics.runs_s, gap_s, statistics.seams_s)
    spans_s = np.array([pieces[-1, 1] - pieces[0, 0] for pieces in merged])
    ordered = tuple(_event(merged[i]) for i in np.argsort(spans_s, kind="stable").tolist())
    frequency = statistics.frequency
    if statistics.footage_s is not None:
        frequency = float(min(1.0, spans_s.sum() / statistics.footage_s))
    return MergedEvents(gap_s, float(spans_s.mean()), frequency, len(merged), _thinned(ordered))


def merged_into_one(statistics: EventStatistics) -> str:
    """That all labelled runs are one event, and the gap that would keep some apart; empty where there are more."""
    runs: FloatArray = as_spans(statistics.runs_s)
    if len(runs) < 2 or merged_events(statistics).count != 1:
        return ""
    apart_s = float((runs[1:, 0] - runs[:-1, 1]).max())
    return f"{len(runs)} labelled runs merge into one event; a merge gap below {apart_s:.3g} s would keep some apart"


def _event(pieces: FloatArray) -> MergedEvent:
    lengths = np.sort(pieces[:, 1] - pieces[:, 0])
    kept = lengths[_spread(len(lengths), PIECES_KEPT)]
    return MergedEvent(tuple(kept.tolist()), len(lengths) / len(kept))


def _thinned(events: tuple[MergedEvent, ...]) -> tuple[MergedEvent, ...]:
    return tuple(events[i] for i in _spread(len(events), EVENTS_KEPT))


def _spread(count: int, most: int) -> list[int]:
    """All places up to `most`, else so many of them, evenly spaced."""
    if count <= most:
        return list(range(count))
    return [int((i + 0.5) * count / most) for i in range(most)]
