"""Exports of Label Studio, JSON and JSON-MIN: timeline labels, tracked regions of video, and stretches in seconds.

What a value means is what Label Studio's own player shows (its editor's `TimelineRegion` and `VideoRegion`):

- `ranges` of frames, counted from 1, both ends included; one without an end goes on to the end of the video;
- a `sequence` of key frames, counted from 1: from the first on, a region is there as long as the last key frame is
  `enabled`; a key frame that is not enabled still shows, on its own frame;
- `start` and `end` in seconds, as of audio beside the video.

Frames are counted at the tool's rate, `framesCount / duration`, not at the video's: they become times, and those the
frames of the video that are shown then. Timeline labels do not say the rate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from mainstream.errors import InvalidInputError
from mainstream.footage.frame_times import FrameTimes
from mainstream_trainer.data.labels.label_studio_export import Annotation, KeyFrame, Task, Value
from mainstream_trainer.data.labels.labelled_frames import LabelledFrames
from mainstream_trainer.data.labels.video_names import clip_of
from mainstream_trainer.label_options import LabelOptions

_SAME_RATE = 0.0005
"""relative difference of two rates that is rounding: 23.98 for 24000/1001"""
_ROUNDED = 0.05
"""relative difference of the rates of two regions: the browser's durations are not exact"""
_SAME_LENGTH = 0.05
"""relative difference of two videos' lengths that may be rounding and sound that goes on"""
_SAME_LENGTH_S = 1.0

Ticks = tuple[float, float]
"""start and end in frames of the tool, from 0, the end excluded"""


@dataclass(frozen=True)
class VideoClock:
    """The video that labels belong to, by time."""

    name: str
    times: FrameTimes

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last."""
        start_s, end_s = self.times.span
        return end_s - start_s

    @property
    def is_steady(self) -> bool:
        """Whether its frames are equally far apart, give or take one of them."""
        steady_s = np.arange(self.times.frames + 1) / self.times.fps
        return bool(np.abs(self.times.edges_s - self.times.edges_s[0] - steady_s).max() <= 1.5 / self.times.fps)

    def edge_at(self, time_s: float) -> int:
        """Number of the frame that begins nearest to a time since the first one began; that of frames at the end."""
        return int(np.argmin(np.abs(self.times.edges_s - self.times.edges_s[0] - time_s)))


def read_label_studio(tasks: Sequence[Task], path: Path, clock: VideoClock, options: LabelOptions) -> LabelledFrames:
    """Runs of frames by label, of the one task that is the video's; `path` is where the tasks come from."""
    task = _task_of(tasks, clock, path)
    annotation, notes = _annotation_of(task, options, path)
    rate = _Rate.of(task, annotation, clock, options, path)
    runs: dict[str, list[tuple[int, int]]] = {}
    unlabelled = timeless = 0
    for results in _by_region(annotation):
        names = dict.fromkeys(name for value in results for name in value.label_names)
        spans = [span for value in results for span in _spans(value, rate, path, next(iter(names), "a region"))]
        unlabelled += not names and bool(spans)
        timeless += bool(names) and not spans
        for name in names:
            runs.setdefault(name, []).extend(spans)
    if unlabelled:
        notes = (*notes, f"left out regions without a label: {unlabelled}")
    if timeless:
        notes = (*notes, f"left out labels that do not say when they are there: {timeless}")
    if not runs:
        raise _nothing_labelled(task, annotation, path)
    return LabelledFrames(task.video or path.name, None, runs, notes=(*notes, *rate.notes))


def _by_region(annotation: Annotation) -> list[list[Value]]:
    """What results say, those of one region together: a label may stand in another result than the region itself."""
    together: dict[str, list[Value]] = {}
    for number, region in enumerate(annotation.regions):
        together.setdefault(region.id or f" {number}", []).append(region.value)
    return list(together.values())


def _nothing_labelled(task: Task, annotation: Annotation, path: Path) -> InvalidInputError:
    """Why there is nothing to learn from, and the way out."""
    beside = [f"{len(found)} {kind}" for kind in ("predictions", "drafts") if (found := getattr(task, kind))]
    cancelled = sum(bool(each.was_cancelled) for each in task.annotations)
    beside += [f"{cancelled} cancelled annotations"] if cancelled else []
    what = (
        f"the annotation of {annotation.annotator} is" if annotation.number else "there are no annotations, or they are"
    )
    return InvalidInputError(
        f"holds no labels: {what} empty"
        + (f" (there are {', '.join(beside)})" if beside else "")
        + "; label the video in Label Studio and submit it, then export anew",
        field="annotations",
        source=path,
    )


def _task_of(tasks: Sequence[Task], clock: VideoClock, path: Path) -> Task:
    """The task of this video, which an upload may have given a prefix."""
    if len(tasks) == 1:
        return tasks[0]
    found = [task for task in tasks if task.video is not None and clip_of(task.video, [clock.name]) is not None]
    if len(found) > 1:
        # Another clip's name may end with this one's: "abc-gate-1.mp4" is not of "1.mp4" where "abd-1.mp4" is there.
        shortest = min(len(task.video or "") for task in found)
        found = [task for task in found if len(task.video or "") == shortest]
    if len(found) != 1:
        raise InvalidInputError(
            f"must hold the one task of this video; it holds {len(tasks)}, {len(found)} of them of {clock.name}: "
            "export it alone",
            source=path,
        )
    return found[0]


def _annotation_of(task: Task, options: LabelOptions, path: Path) -> tuple[Annotation, tuple[str, ...]]:
    """Ground truth first, then whose was asked for, then the only one; of one person's the one that came last."""
    found = [each for each in task.annotations if not each.was_cancelled]
    if options.annotator is not None:
        found = [each for each in found if options.annotator in each.annotator_names]
        if not found:
            have = _names(each for each in task.annotations if not each.was_cancelled)
            raise InvalidInputError(f"labelled nothing here (there are: {have})", field="--annotator", source=path)
    elif truths := [each for each in found if each.ground_truth]:
        found = truths
    people = {each.annotator for each in found}
    if len(people) > 1:
        raise InvalidInputError(
            f"holds annotations of {len(people)} people ({_names(found)}); mark one as ground truth in Label Studio, "
            "or say whose to take (--annotator)",
            field="annotations",
            source=path,
        )
    if not found:
        return Annotation(), ()
    taken = max(found, key=lambda each: (each.updated_at or each.created_at or "", each.number))
    left = len([each for each in task.annotations if not each.was_cancelled]) - 1
    note = f"took the annotation of {taken.annotator} ({taken.number}), left out others: {left}"
    return taken, (note,) if left else ()


def _names(annotations: Iterator[Annotation] | list[Annotation]) -> str:
    return ", ".join(sorted({each.annotator for each in annotations})) or "none"


@dataclass(frozen=True)
class _Rate:
    """How the tool's frames become the video's."""

    clock: VideoClock
    fps: float
    notes: tuple[str, ...]

    @classmethod
    def of(cls, task: Task, annotation: Annotation, clock: VideoClock, options: LabelOptions, path: Path) -> "_Rate":
        """The rate that the export says; else that which was given; else the video's own, which is said."""
        values = [region.value for region in annotation.regions]
        for value in values:
            if value.duration and not _alike(value.duration, clock.duration_s, _SAME_LENGTH, _SAME_LENGTH_S):
                raise InvalidInputError(
                    f"is of a video of {value.duration:g} s, but {clock.name} lasts {clock.duration_s:g} s; label this "
                    "very clip",
                    field="value.duration",
                    source=path,
                )
        said = {fps for value in values if (fps := value.fps) is not None}
        if said and not _alike(max(said), min(said), _ROUNDED, 0):
            rates = ", ".join(f"{fps:g}" for fps in sorted(said))
            raise InvalidInputError(
                f"counts frames at several rates ({rates} a second); label again with frameRate of <Video> at "
                f"{clock.times.fps:g}, or export what was labelled at one rate",
                field="value.framesCount",
                source=path,
            )
        if said and options.fps is not None and not _alike(max(said), options.fps, _ROUNDED, 0):
            raise InvalidInputError(
                f"is {options.fps:g}, but the export counts {max(said):g} frames a second; leave it out",
                field="--label-fps",
                source=path,
            )
        notes: tuple[str, ...] = ()
        fps = max(said) if said else options.fps or task.fps
        if not said and fps is not None and options.fps is None and not _alike(fps, clock.times.fps, _SAME_RATE, 0):
            notes = (f"counts frames at the task's own fps, {fps:g} a second; give another rate with --label-fps",)
        if fps is None and any(value.counts_frames for value in values):
            if not clock.is_steady:
                raise InvalidInputError(
                    f"does not say at which rate Label Studio counted frames, and those of {clock.name} are not "
                    "equally far apart; give frameRate of <Video>, 24 unless it is set (--label-fps)",
                    field="value.framesCount",
                    source=path,
                )
            notes = (
                "does not say at which rate Label Studio counted frames: taken as the video's "
                f"{clock.times.fps:g} a second; where frameRate of <Video> was another (24 unless it is set), give it "
                "(--label-fps)",
            )
        fps = fps or clock.times.fps
        counts = [value.framesCount for value in values if value.framesCount]
        same = _alike(fps, clock.times.fps, _SAME_RATE, 0)
        same = same or any(abs(count - clock.times.frames) <= 1 for count in counts)
        return cls(clock, clock.times.fps if same else fps, notes)

    def run(self, ticks: Ticks, path: Path, label: str) -> tuple[int, int]:
        """The frames of the video, at least one, that are shown meanwhile."""
        where = f"frames {ticks[0]:g} to {ticks[1] - 1:g}, at {self.fps:g} a second"
        return self.run_of_seconds((ticks[0] / self.fps, ticks[1] / self.fps), path, f"has {label!r} on {where}")

    def run_of_seconds(self, span: tuple[float, float], path: Path, what: str) -> tuple[int, int]:
        """The same of a span in seconds; `what` says it in messages."""
        # The tool rounds the video's length up, by the sound's where that is longer.
        allowed_s = self.clock.duration_s + max(_SAME_LENGTH_S, 1.5 / self.fps)
        if span[1] > allowed_s or span[0] >= self.clock.duration_s:
            raise InvalidInputError(
                f"{what}, which is until {span[1]:g} s, but {self.clock.name} ends after {self.clock.duration_s:g} s; "
                "say at which rate frames were counted (--label-fps), or label this very clip",
                field="value.ranges",
                source=path,
            )
        start = min(self.clock.edge_at(span[0]), self.clock.times.frames - 1)
        return start, max(start + 1, self.clock.edge_at(span[1]))


def _spans(value: Value, rate: _Rate, path: Path, label: str) -> Iterator[tuple[int, int]]:
    all_ticks = value.framesCount or rate.clock.duration_s * rate.fps
    for each in value.ranges:
        start, end = each.start, each.end
        if start is None and end is None:
            continue
        first = start if start is not None else end
        assert first is not None  # noqa: S101 - one of the two is there
        last = float(end) if end is not None else all_ticks
        if last < first:
            raise InvalidInputError(
                f"has {label!r} on frames {first - 1} to {last - 1:g}, which ends before it starts",
                field="value.ranges",
                source=path,
            )
        yield rate.run((first - 1, last), path, label)
    for ticks in _shown(sorted(value.sequence, key=lambda key: key.frame), all_ticks):
        yield rate.run(ticks, path, label)
    if value.seconds is not None:
        yield rate.run_of_seconds(value.seconds, path, f"has {label!r} from {value.seconds[0]:g} s on")


def _shown(keys: list[KeyFrame], all_ticks: float) -> list[Ticks]:
    """When a region is there, in stretches that do not touch."""
    shown: list[Ticks] = []
    for key, after in pairwise([*keys, None]):
        if key is None:
            continue
        start = float(key.frame - 1)
        held = all_ticks if after is None else float(after.frame - 1)
        end = max(held, start + 1) if key.enabled else start + 1
        if shown and shown[-1][1] >= start:
            start = shown.pop()[0]
        shown.append((start, end))
    return shown


def _alike(one: float, other: float, relative: float, absolute: float) -> bool:
    return abs(one - other) <= max(relative * max(one, other), absolute)
