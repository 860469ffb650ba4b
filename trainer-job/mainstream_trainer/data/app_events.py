"""What is known of an app's events: from labels of a clip, or declared where there are pictures."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mainstream.errors import InvalidInputError
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.labels import Run
from mainstream.laws.chain import EventStatistics
from mainstream.mpackage.manifest import MeasuredEventStatistics
from mainstream_trainer.data.event_statistics import labelled_statistics, mean_length_s, merged_runs


@dataclass(frozen=True)
class AppEvents:
    """One app's labels in the training part, in frames from its start."""

    runs: tuple[Run, ...]
    """labelled runs, as they are, that lie wholly in it"""
    cut: tuple[Run, ...]
    """pieces of runs that its ends cut"""
    times: FrameTimes
    """of the frames of the part"""

    @property
    def merge_gap_s(self) -> float:
        """The default gap: mean length of the labelled runs as they are."""
        return mean_length_s(self.runs, self.times)

    @cached_property
    def merged(self) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
        """Whole events, and those that the part's ends cut, which belong to neither part."""
        return merged_runs(self.runs, self.cut, self.times, self.merge_gap_s)

    @cached_property
    def statistics(self) -> EventStatistics:
        """Lengths and frequency after merging; the correlation is not known yet."""
        return labelled_statistics(self.runs, self.cut, self.times)

    @property
    def length_frames(self) -> int:
        """Mean number of frames of an event."""
        return max(1, round(sum(end - start for start, end in self.runs) / len(self.runs)))


@dataclass(frozen=True)
class DeclaredEvents:
    """Pictures have no time: what is known of the events was declared, and streams are made of them to be replayed."""

    statistics: MeasuredEventStatistics
    block_pictures: int
    class_of: NDArray[np.int64]
    """number of the class that each picture is of, (n,); pictures of one class come in runs"""


def check_events(label: str, source: str, events: AppEvents, present: NDArray[np.bool_]) -> None:
    """`InvalidInputError` where there is nothing to learn: no event, nothing but events, or none that is whole."""
    problem = None
    if not present.any():
        problem = "no frame of the training part has the event; label some, or move the split"
    elif present.all():
        problem = "every frame of the training part has the event; there is nothing to learn it against"
    elif not events.runs:
        problem = "no event lies wholly in the training part; label some, or move the split"
    if problem is not None:
        raise InvalidInputError(problem, field=f"apps.{label}.runs", source=source)
