"""What alerts a threshold, a rate and votes are predicted to give (docs/design.md, "Alerts", "Predicted").

Arrays have the shape (F, X, P): rates by votes by operating points. Invariant: recall and precision lie in [0, 1], and
are 0 where no frame is analysed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from mainstream.alerts.merging import NEVER, MergedEvent, MergedEvents
from mainstream.alerts.spans import tolerance_s
from mainstream.arrays import FloatArray, IntArray
from mainstream.laws.chain import STEPWISE_FRAMES, runs_within

_ROUNDING = 1e-9
"""what a number of frames may be off by for rounding"""
_MOST_FRAMES = 2.0**40
"""of an event; with so many, more change nothing"""
_STEPS_IN_DOUBLING = 7
"""power of two: 128"""


Number = TypeVar("Number", float, FloatArray)


@dataclass(frozen=True)
class Alerts:
    """Predicted or replayed; arrays of one shape."""

    recall: FloatArray
    false_per_event: FloatArray
    """false alerts for each event"""
    open_share: FloatArray
    """share of the time, or of the looks, outside events in which an alert is open; 0 where nothing is known of it"""
    events_per_hour: float

    @property
    def precision(self) -> FloatArray:
        """Found events over these and false alerts; 0 where no alert opens at all."""
        claimed = self.recall + self.false_per_event
        return np.divide(self.recall, claimed, out=np.zeros_like(claimed), where=claimed > 0.0)

    @property
    def false_per_hour(self) -> FloatArray:
        """False alerts an hour."""
        return self.events_per_hour * self.false_per_event


def predicted(
    p: FloatArray, e: FloatArray, fps: FloatArray, votes: IntArray, events: MergedEvents, correlation: float
) -> Alerts:
    """Alerts of operating points p, e (P,) at rates `fps` (F,) under `votes` (X,), as the chain has them."""
    alarmed, quiet, opening = _alarmed_and_outside(p, e, fps, votes, events, correlation)
    false = _free_s(alarmed, events)
    false *= opening
    # Where looks lie further apart than the gap, each alert ends at once, and w says nothing of how often one opens.
    open_share = np.maximum(quiet, deciding_share(e, votes, correlation))
    return Alerts(_recall(alarmed, quiet, opening, events), false, open_share, events.per_hour)


def as_replay(
    p: FloatArray, e: FloatArray, fps: FloatArray, votes: IntArray, events: MergedEvents, correlation: float
) -> tuple[FloatArray, FloatArray]:
    """What a replay would tell if the law held: recall, and share v of quiet stretches with an alert, (F, X, P)."""
    alarmed, quiet, opening = _alarmed_and_outside(p, e, fps, votes, events, correlation)
    return _recall(alarmed, quiet, opening, events), np.minimum(1.0, opening * events.gap_s)


def _alarmed_and_outside(
    p: FloatArray, e: FloatArray, fps: FloatArray, votes: IntArray, events: MergedEvents, correlation: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """a, w, and alerts that open in a second outside events: (F, X, P) each."""
    alarmed = found_share(p, fps, votes, events.events, correlation)
    quiet, opening = _outside(e, fps, votes, events.gap_s, correlation)
    opening *= fps[:, None, None]
    return alarmed, quiet, opening


def _recall(alarmed: FloatArray, quiet: FloatArray, opening: FloatArray, events: MergedEvents) -> FloatArray:
    recall: FloatArray = np.subtract(1.0, quiet)
    recall *= alarmed
    recall += tolerance_s(events.length_s) * opening
    return np.minimum(recall, 1.0, out=recall)


def replayed(recall: FloatArray, false_share: FloatArray, events: MergedEvents) -> Alerts:
    """Alerts of a replay that found `recall` of events and opened a false alert in `false_share` of stretches of G."""
    false = false_share * _free_s(recall, events) / events.gap_s
    return Alerts(recall, false, np.zeros_like(recall), events.per_hour)


def deciding_share(e: FloatArray, votes: IntArray, correlation: float) -> FloatArray:
    """Share of analysed frames outside events that are decisions, (X, P): an alert is open for no less of the time."""
    share: FloatArray = e * (e + correlation * (1.0 - e)) ** (votes[:, None] - 1)
    return share


def false_share(false: float, found: float, observed: int, quiet_s: float, events: MergedEvents) -> float:
    """Share v of quiet stretches of one merge gap in which a false alert opened: what a replay tells of them."""
    stretches = false_stretches(found, observed, quiet_s, events)
    return min(1.0, false / stretches) if stretches > 0.0 else float(false > 0.0)


def false_stretches(found: Number, observed: int, quiet_s: float, events: MergedEvents) -> Number:
    """Quiet stretches of one merge gap in which a false alert could have opened: what v is counted on."""
    open_s = quiet_s - found * events.gap_s - observed * tolerance_s(events.length_s)
    stretches: Number = np.maximum(0.0, open_s / events.gap_s)
    return stretches


def _free_s(found: FloatArray, events: MergedEvents) -> FloatArray:
    """Seconds for each event in which a false alert could open, of the shape of `found`."""
    frequency = max(events.frequency, NEVER)
    between_s = max(events.gap_s, events.length_s * (1.0 - frequency) / frequency)
    free_s: FloatArray = found * -events.gap_s
    free_s += between_s - tolerance_s(events.length_s)
    return np.maximum(free_s, 0.0, out=free_s)


def _outside(
    e: FloatArray, fps: FloatArray, votes: IntArray, gap_s: float, correlation: float
) -> tuple[FloatArray, FloatArray]:
    """P(a stretch of one gap is not quiet), and P(an analysed frame outside events opens an alert): (F, X, P) each."""
    frames = np.floor(fps * gap_s + _ROUNDING).astype(np.int64)
    ends = frames[:, None] + votes[None, :]
    counts = np.unique(np.concatenate([(ends - 1).ravel(), ends.ravel()]))
    table = runs_within(e, counts, votes, correlation)
    column = np.arange(len(votes))[None, :]
    quiet = table[column, np.searchsorted(counts, ends - 1)]
    opens = table[column, np.searchsorted(counts, ends)]
    opens -= quiet
    return quiet, np.maximum(opens, 0.0, out=opens)


def found_share(
    p: FloatArray, fps: FloatArray, votes: IntArray, events: tuple[MergedEvent, ...], correlation: float
) -> FloatArray:
    """Share of events with a decision in one of their pieces: (F, X, P)."""
    single = [event.pieces_s[0] for event in events if _is_single(event)]
    several = [event for event in events if not _is_single(event)]
    lengths = np.array([*single, *(length for event in several for length in event.pieces_s)])
    frames = np.minimum(lengths[:, None] * fps[None, :], _MOST_FRAMES)
    whole, step = _counted(frames)
    part = np.maximum(frames - whole, 0.0) / step
    counts = np.unique(np.concatenate([whole.ravel(), (whole + step).ravel()]))
    table = runs_within(p, counts, votes, correlation).transpose(1, 0, 2)
    below, above = np.searchsorted(counts, whole), np.searchsorted(counts, whole + step)
    if len(events) == len(single) == 1:
        return _between(table, below[0], above[0], part[0])
    # An event of one piece is linear in the table, so that one product does for all of them.
    share = np.zeros((len(fps), len(counts)))
    rates = np.arange(len(fps))
    for row in range(len(single)):
        share[rates, below[row]] += 1.0 - part[row]
        share[rates, above[row]] += part[row]
    found: FloatArray = (share @ table.reshape(len(counts), -1)).reshape(len(fps), len(votes), len(p))
    at = len(single)
    for event in several:
        unseen = np.ones_like(found)
        for piece in range(at, at + len(event.pieces_s)):
            within = _between(table, below[piece], above[piece], part[piece])
            unseen *= np.subtract(1.0, within, out=within)
        at += len(event.pieces_s)
        found += 1.0 - (unseen if event.weight == 1.0 else np.maximum(unseen, 0.0) ** event.weight)
    found /= len(events)
    return np.clip(found, 0.0, 1.0, out=found)


def _counted(frames: FloatArray) -> tuple[IntArray, IntArray]:
    """Numbers of frames that the chain is asked for: the last that is no more than each of `frames`, and the step on.

    Whole numbers up to `STEPWISE_FRAMES`; then so many in each doubling that linear between them R is off by less than
    1e-5, and that any number of long events asks for some thousands at most.
    """
    whole = np.floor(frames + _ROUNDING).astype(np.int64)
    doubling = np.floor(np.log2(np.maximum(whole, 1))).astype(np.int64)
    step = np.where(whole <= STEPWISE_FRAMES, 1, 1 << np.maximum(doubling - _STEPS_IN_DOUBLING, 0))
    return whole // step * step, step


def _between(table: FloatArray, below: IntArray, above: IntArray, part: FloatArray) -> FloatArray:
    """Rows (F, X, P) of a table (counts, X, P) between two whole numbers of frames each."""
    found: FloatArray = table[below]
    more = table[above]
    more -= found
    more *= part[:, None, None]
    found += more
    return found


def _is_single(event: MergedEvent) -> bool:
    return len(event.pieces_s) == 1 and event.weight == 1.0
