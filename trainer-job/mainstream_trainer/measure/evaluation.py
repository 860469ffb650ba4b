"""What the held-out frames say of an app's candidates, and the labels of its events: everything a manifest measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mainstream.alerts.merging import merged_events
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.labels import Run, runs_within
from mainstream.mpackage.curve import ReplayedRate
from mainstream.mpackage.manifest import Evaluation, MeasuredEventStatistics, MeasuredPoint
from mainstream_trainer.data.app_events import AppEvents, DeclaredEvents
from mainstream_trainer.data.event_statistics import miss_correlation, packed_statistics
from mainstream_trainer.data.held_out import HeldOut
from mainstream_trainer.learn.candidate import TrainedCandidate
from mainstream_trainer.learn.quiet import NO_QUIET, QuietScores
from mainstream_trainer.measure.operating_points import HeldOutLabels, blocks_of, operating_points, thresholds
from mainstream_trainer.measure.picture_replay import replayed_pictures
from mainstream_trainer.measure.replay import Stretch, quiet_s, replayed_curve
from mainstream_trainer.settings import TrainingSettings

_DIGITS = 6


@dataclass(frozen=True)
class Measured:
    """One candidate on the held-out frames."""

    operating_points: tuple[MeasuredPoint, ...]
    replayed: tuple[ReplayedRate, ...]


class Evaluator:
    """Measures candidates of one app on its held-out frames."""

    def __init__(
        self,
        events: AppEvents | DeclaredEvents,
        present: NDArray[np.bool_],
        held_out: HeldOut,
        settings: TrainingSettings,
        quiet: QuietScores = NO_QUIET,
    ):
        """`quiet` footage is measured on as if it had been held out; it tells nothing of how events are."""
        self._events = events
        self._settings = settings
        self._frames = held_out.frames
        self._present = present[self._frames]
        self._quiet = quiet
        self._stretches: list[Stretch] = []
        quiet_seconds = 0.0
        frames, shown = self._frames, self._present
        if isinstance(events, DeclaredEvents):
            block_frames = events.block_pictures
        else:
            block_frames = events.length_frames
            self._times, added = _with_quiet(events.times, quiet.times)
            self._stretches = [*(_stretch(events, block) for block in held_out.blocks), *added]
            quiet_seconds = sum(quiet_s(stretch, self._times) for stretch in self._stretches)
            frames = np.concatenate([frames, *(np.arange(*stretch.frames) for stretch in added)])
            shown = np.concatenate([shown, np.zeros(len(frames) - len(shown), dtype=np.bool_)])
        self._labels = HeldOutLabels(shown, blocks_of(frames, block_frames))
        self.evaluation = Evaluation(
            frames_event=int(self._labels.present.sum()),
            frames_other=int((~self._labels.present).sum()),
            block_frames=block_frames,
            events=sum(len(stretch.events) for stretch in self._stretches),
            quiet_s=round(quiet_seconds, _DIGITS),
            quiet_footage_s=round(sum(times.span[1] - times.span[0] for times in quiet.times), _DIGITS),
        )

    def measure(self, candidate: TrainedCandidate, seed: int) -> Measured:
        """Operating points, and the replayed curve where enough video, or enough pictures, are held out for one."""
        at = thresholds(self._settings.thresholds, candidate.scores)
        scores = candidate.scores
        if self._quiet.times:
            scores = np.concatenate([scores, self._quiet.by_candidate[candidate.branch_point]])
        points = operating_points(scores, self._labels, at, seed)
        if isinstance(self._events, DeclaredEvents):
            return Measured(points, self._replayed_pictures(self._events, candidate.scores, points, seed))
        quiet_stretches = self.evaluation.quiet_s / self._events.merge_gap_s
        if min(self.evaluation.events, quiet_stretches) < self._settings.replay_min_events:
            return Measured(points, ())
        merged = merged_events(self._events.statistics)
        curve = replayed_curve(scores, self._stretches, at, self._times, merged)
        return Measured(points, curve)

    def _replayed_pictures(
        self, events: DeclaredEvents, scores: NDArray[np.float64], points: tuple[MeasuredPoint, ...], seed: int
    ) -> tuple[ReplayedRate, ...]:
        pictures = min(self.evaluation.frames_event, self.evaluation.frames_other) / events.block_pictures
        if pictures < self._settings.replay_min_events:
            return ()
        classes = events.class_of[self._frames]
        return replayed_pictures(scores, classes, self._labels.present, events.statistics, points, seed)

    def event_statistics(self, candidates: list[TrainedCandidate]) -> MeasuredEventStatistics:
        """As declared; else length and frequency, after merging, from all labels of the training part, correlation
        from held-out hits at score 1/2.
        """
        events = self._events
        if isinstance(events, DeclaredEvents):
            return events.statistics
        hits = [candidate.scores >= 0.5 for candidate in candidates]
        correlation = miss_correlation(hits, self._present, self._frames)
        return packed_statistics(events.statistics, correlation)


def dominating(points: tuple[MeasuredPoint, ...], others: dict[int, tuple[MeasuredPoint, ...]]) -> int | None:
    """Branch-point of the first of `others` (no dearer ones) that has for each point one at least as good, or None."""
    for branch_point, theirs in others.items():
        if all(any(their.p >= own.p and their.e <= own.e for their in theirs) for own in points):
            return branch_point
    return None


def _with_quiet(times: FrameTimes, quiet: Sequence[FrameTimes]) -> tuple[FrameTimes, list[Stretch]]:
    """Times of a training part and of quiet footage after it, and the stretches of the latter, which hold no event."""
    if not quiet:
        return times, []
    ends = np.cumsum([times.frames, *(each.frames for each in quiet)]).tolist()
    # Rates are those that the labelled footage can be played at.
    joined = FrameTimes(FrameTimes.joined([times, *quiet]).edges_s, times.fps)
    return joined, [Stretch(run, (), ()) for run in pairwise(ends)]


def _stretch(events: AppEvents, block: Run) -> Stretch:
    """What is true of a held-out block: an event that its ends, or those of the training part, cut is in no part."""
    runs, broken = events.merged
    whole, cut = runs_within(runs, block)
    inside, cut_already = runs_within(broken, block)
    return Stretch(block, whole, tuple(sorted((*cut, *cut_already, *inside))))
