"""The replayed curve of a stream made of pictures: scores are known, so that voting alone is left to play. Pure."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mainstream.alerts.law import false_share
from mainstream.alerts.measured import count_alerts
from mainstream.alerts.merging import MergedEvents, merged_events
from mainstream.alerts.spans import alerts_of_hits, as_spans, merge_spans, tolerance_s
from mainstream.laws.sampling import NestedSampler
from mainstream.mpackage.curve import ReplayedRate
from mainstream.mpackage.event_statistics import statistics_of
from mainstream.mpackage.manifest import MeasuredEventStatistics, MeasuredPoint
from mainstream_trainer.data.event_statistics import in_seconds
from mainstream_trainer.measure.picture_streams import IntArray, PictureStream, declared_stream
from mainstream_trainer.measure.replay import MAX_VOTES, spaced_rates

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

REPLAY_FPS = 30
"""of the streams; long events get a lower one"""
KEPT_THRESHOLDS = 9
_PERIOD_S = 10
"""after which rates in tenths on a whole-numbered stream repeat themselves"""
_DIGITS = 6


def replayed_pictures(
    scores: FloatArray,
    classes: IntArray,
    present: NDArray[np.bool_],
    statistics: MeasuredEventStatistics,
    points: Sequence[MeasuredPoint],
    seed: int,
) -> tuple[ReplayedRate, ...]:
    """The curve of held-out pictures (n,) on a stream of the declared statistics, at some of the points' thresholds.

    Empty where no such stream can be made. The same arguments give the same curve.
    """
    event_classes = np.unique(classes[present]).tolist()
    stream = declared_stream(classes, event_classes, statistics, REPLAY_FPS, seed)
    if stream is None:
        return ()
    at = distinct_thresholds((point.threshold, point.p, point.e) for point in points)
    return play(stream, event_classes, merged_events(statistics_of(statistics)), scores, at, spaced_rates(stream.fps))


def play(
    stream: PictureStream,
    event_classes: Sequence[int],
    events: MergedEvents,
    scores: FloatArray,
    thresholds: Sequence[float],
    at_rates: Sequence[float],
) -> tuple[ReplayedRate, ...]:
    """Recall and share of quiet stretches with a false alert by rate, threshold and votes; `scores` (pictures,)."""
    spans = as_spans(merge_spans(in_seconds(stream.events(event_classes), stream.fps), events.gap_s))
    whole = np.ones(len(spans), dtype=np.bool_)
    quiet_s = stream.seconds - float(np.diff(spans, axis=1).sum())
    curve = []
    for fps in at_rates:
        analysed = due_frames([fps], stream)[fps]
        times_s = np.asarray((analysed + 0.5) / stream.fps, dtype=np.float64)
        shown = scores[stream.pictures[analysed]]
        for threshold in thresholds:
            hits = shown >= threshold
            for votes in range(1, MAX_VOTES + 1):
                opens_s = alerts_of_hits(hits, times_s, votes, events.gap_s)[:, 0]
                found, false = count_alerts(opens_s, spans, whole, tolerance_s(events.length_s))
                share = false_share(false, found, len(spans), quiet_s, events)
                curve.append(
                    ReplayedRate(
                        threshold=threshold,
                        fps=fps,
                        votes=votes,
                        recall=round(found / max(1, len(spans)), _DIGITS),
                        false_share=round(share, _DIGITS),
                    )
                )
    return tuple(curve)


def distinct_thresholds(points: Iterable[tuple[float, float, float]]) -> list[float]:
    """Of points (threshold, p, e) the thresholds that tell pictures apart differently, thinned evenly."""
    different = list({(p, e): threshold for threshold, p, e in points}.values())
    kept = np.unique(np.linspace(0, len(different) - 1, min(KEPT_THRESHOLDS, len(different))).round().astype(int))
    return [different[index] for index in kept.tolist()]


def due_frames(at_rates: Iterable[float], stream: PictureStream) -> dict[float, IntArray]:
    """Which frames apps of these rates analyse, by rate; apps of one rate share frames."""
    return _due_frames(frozenset(at_rates), stream.fps, stream.frames)


@lru_cache(maxsize=512)
def _due_frames(at_rates: frozenset[float], fps: float, frames: int) -> dict[float, IntArray]:
    """The frames that fall due at each rate; beyond two periods the pattern of the second is repeated."""
    period = round(_PERIOD_S * fps)
    repeats = float(fps).is_integer() and all(float(round(rate * 10, 6)).is_integer() for rate in at_rates)
    walked = min(frames, 2 * period) if repeats else frames
    sampler = NestedSampler()
    due: dict[float, list[int]] = {rate: [] for rate in at_rates}
    for index in range(walked):
        for rate in sampler.due(index / fps, at_rates):
            due[rate].append(index)
    found = {rate: np.array(each, dtype=np.int64) for rate, each in due.items()}
    if walked == frames:
        return found
    return {rate: _repeated(each, period, frames) for rate, each in found.items()}


def _repeated(due: IntArray, period: int, frames: int) -> IntArray:
    second = due[due >= period]
    times = np.arange((frames - 1) // period)
    later = (second[None, :] + times[:, None] * period).ravel()
    return np.concatenate([due[due < period], later[later < frames]])
