"""What an export of a labelling tool says, before it is known which frames train."""

from collections.abc import Mapping
from dataclasses import dataclass

from mainstream.labels import Run


@dataclass(frozen=True)
class LabelledFrames:
    """For each label the runs of frames that show it, in any order; they may overlap."""

    video: str
    """which video this is, in words"""
    frames: int | None
    """of the video; None where the export does not say"""
    runs: Mapping[str, list[Run]]
