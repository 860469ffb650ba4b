"""What frames that were not learnt from say of an app's candidates: everything that a manifest measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mainstream.alerts.merging import MergedEvents, merged_events
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.labels import Run, runs_within
from mainstream.laws.gate import Greys
from mainstream.mpackage.curve import ReplayedRate
from mainstream.mpackage.event_statistics import statistics_of
from mainstream.mpackage.manifest import CandidateKind, Evaluation, MeasuredEventStatistics, MeasuredPoint
from mainstream_trainer.data.app_events import AppEvents, DeclaredEvents
from mainstream_trainer.data.event_statistics import miss_correlation, packed_statistics
from mainstream_trainer.data.preparation import Job
from mainstream_trainer.learn.candidate import TrainedCandidate
from mainstream_trainer.learn.quiet import NO_QUIET, QuietScores
from mainstream_trainer.measure.operating_points import HeldOutLabels, blocks_of, operating_points, thresholds
from mainstream_trainer.measure.picture_replay import replayed_pictures
from mainstream_trainer.measure.replay import Replay, Stretch, quiet_s
from mainstream_trainer.measure.which_thresholds import likely_points, surely_better
from mainstream_trainer.settings import TrainingSettings

_DIGITS = 6


@dataclass(frozen=True)
class Measured:
    """One candidate on frames that it has not learnt from."""

    evaluation: Evaluation
    operating_points: tuple[MeasuredPoint, ...]
    """those that a plan may choose"""
    every_point: tuple[MeasuredPoint, ...]
    """at every threshold; the middle one is at score about 1/2"""
    replayed: tuple[ReplayedRate, ...]


class Measures:
    """Measures the candidates of one app: those that are cross-fitted on every frame, by the weights of folds that
    never saw it; others on the frames that were held out.
    """

    def __init__(self, job: Job, quiet: QuietScores = NO_QUIET, greys: Greys | None = None) -> None:
        """`greys` (n, rows, columns) are the frames of the training part as the gate of their view looks at them."""
        settings = job.request.settings
        self._job, self._quiet = job, quiet
        frames = job.folds.frames
        folds = Scored(frames, job.folds.blocks, job.folds.fold_of[frames])
        held_out = Scored(job.held_out.frames, job.held_out.blocks)
        micro = Evaluator(job.events, job.present, folds, settings, quiet, greys)
        tuned = micro
        if not job.tuned_over_folds:
            tuned = Evaluator(job.events, job.present, held_out, settings, quiet, greys)
        self._evaluators: dict[CandidateKind, Evaluator] = {"micro": micro, "fine-tuned": tuned}

    def measure(self, candidate: TrainedCandidate, seed: int) -> Measured:
        """Operating points, and the replayed curve."""
        quiet = self._quiet.by_candidate.get(candidate.name)
        few = candidate.kind == "fine-tuned" and not self._job.tuned_over_folds
        return self._evaluators[candidate.kind].measure(candidate.scores, quiet, seed, few_thresholds=few)

    def event_statistics(self, candidates: Sequence[TrainedCandidate]) -> MeasuredEventStatistics:
        """As declared; else length and frequency, after merging, from all labels of the training part, correlation
        from hits at score 1/2 of the candidates of that kind of which the most frames are scored.
        """
        events = self._job.events
        if isinstance(events, DeclaredEvents):
            return events.statistics
        kind = max(candidates, key=lambda each: len(each.scores)).kind
        hits = [candidate.scores >= 0.5 for candidate in candidates if candidate.kind == kind]
        frames = self._evaluators[kind].frames
        return packed_statistics(events.statistics, miss_correlation(hits, self._job.present[frames], frames))


@dataclass(frozen=True)
class Scored:
    """Frames of which there are scores."""

    frames: NDArray[np.intp]
    """ascending, (n,)"""
    blocks: tuple[Run, ...]
    """the same, as stretches"""
    fold_of: NDArray[np.int64] | None = None
    """by which fold's weights each was scored, (n,); None where it was one set for all"""


class Evaluator:
    """Measures scores of one app on frames that were not learnt from."""

    def __init__(
        self,
        events: AppEvents | DeclaredEvents,
        present: NDArray[np.bool_],
        scored: Scored,
        settings: TrainingSettings,
        quiet: QuietScores = NO_QUIET,
        greys: Greys | None = None,
    ):
        """`quiet` footage is measured on as if it had been held out; it tells nothing of how events are. With `greys`
        of the training part, replays go through a gate."""
        self._events = events
        self._settings = settings
        self.frames = scored.frames
        self._present = present[self.frames]
        self._stretches: list[Stretch] = []
        quiet_seconds = 0.0
        frames, shown, fold_of = self.frames, self._present, scored.fold_of
        if isinstance(events, DeclaredEvents):
            block_frames = events.block_pictures
        else:
            block_frames = events.length_frames
            self._times, added = _with_quiet(events.times, quiet.times)
            self._greys = None if greys is None else greys[self.frames]
            if self._greys is not None and quiet.greys is not None:
                self._greys = np.concatenate([self._greys, quiet.greys])
            self._stretches = [*(_stretch(events, block) for block in scored.blocks), *added]
            quiet_seconds = sum(quiet_s(stretch, self._times) for stretch in self._stretches)
            frames = np.concatenate([frames, *(np.arange(*stretch.frames) for stretch in added)])
            shown = np.concatenate([shown, np.zeros(len(frames) - len(shown), dtype=np.bool_)])
            if fold_of is not None:
                fold_of = np.concatenate([fold_of, np.full(len(frames) - len(fold_of), -1)])
        self._labels = HeldOutLabels(shown, blocks_of(frames, block_frames), fold_of)
        self.evaluation = Evaluation(
            frames_event=int(self._labels.present.sum()),
            frames_other=int((~self._labels.present).sum()),
            block_frames=block_frames,
            events=sum(len(stretch.events) for stretch in self._stretches),
            quiet_s=round(quiet_seconds, _DIGITS),
            quiet_footage_s=round(sum(times.span[1] - times.span[0] for times in quiet.times), _DIGITS),
        )

    @property
    def independent_events(self) -> float:
        """Merged events; of pictures, those of the event that are no near duplicates."""
        if isinstance(self._events, DeclaredEvents):
            return self.evaluation.frames_event / self.evaluation.block_frames
        return self.evaluation.events

    def measure(
        self,
        scores: NDArray[np.float64],
        quiet: NDArray[np.float64] | None,
        seed: int,
        *,
        few_thresholds: bool = False,
    ) -> Measured:
        """Operating points of `scores` (n,) and those of quiet footage, and the replayed curve; without an event, or a
        quiet stretch of one merge gap, none.

        With `few_thresholds` plans may choose those that a normal fit would, so that they have little to choose by
        luck; with too few events that at 1/2, and what is surely better.
        """
        at = thresholds(self._settings.thresholds, scores)
        shown = scores if quiet is None else np.concatenate([scores, quiet])
        every = operating_points(shown, self._labels, at, seed)
        points = every
        if few_thresholds:
            points = likely_points(every, scores, self._present, self._merged, self._correlation)
        if self.independent_events < self._settings.threshold_min_events:
            points = surely_better(every, self.evaluation)
        return Measured(self.evaluation, points, every, self._replayed(shown, scores, points, seed))

    @property
    def _merged(self) -> MergedEvents:
        events = self._events
        if isinstance(events, DeclaredEvents):
            return merged_events(statistics_of(events.statistics))
        return merged_events(events.statistics)

    @property
    def _correlation(self) -> float:
        return self._events.statistics.correlation.value if isinstance(self._events, DeclaredEvents) else 0.0

    def _replayed(
        self,
        shown: NDArray[np.float64],
        scores: NDArray[np.float64],
        points: tuple[MeasuredPoint, ...],
        seed: int,
    ) -> tuple[ReplayedRate, ...]:
        events = self._events
        if isinstance(events, DeclaredEvents):
            classes = events.class_of[self.frames]
            return replayed_pictures(scores, classes, self._present, events.statistics, points, seed)
        if not self.evaluation.events or self.evaluation.quiet_s < events.merge_gap_s:
            return ()
        return self._replay.curve(shown, [point.threshold for point in points])

    @cached_property
    def _replay(self) -> Replay:
        """The same for all candidates."""
        return Replay(self._stretches, self._times, self._merged, self._greys)


def matches(points: Sequence[MeasuredPoint], others: Sequence[MeasuredPoint]) -> bool:
    """Whether for each of `points` there is one among `others` that is at least as good."""
    return all(any(their.p >= own.p and their.e <= own.e for their in others) for own in points)


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
