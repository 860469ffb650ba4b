"""What an export of a labelling tool says, before it is known which frames train."""

from collections.abc import Mapping
from dataclasses import dataclass

from mainstream.footage.labels import Run


@dataclass(frozen=True)
class LabelledFrames:
    """For each label the runs of frames that show it, in any order; they may overlap. Frames are those of the video."""

    video: str
    """which video this is, in words"""
    labelled: Run | None
    """the part of the video that was labelled; None where the export does not say: all of it"""
    runs: Mapping[str, list[Run]]
    step: int = 1
    """frames of the video that each labelled one stands for; of the last one the video may lack some"""
    notes: tuple[str, ...] = ()
    """what was left out or assumed, one sentence each"""
