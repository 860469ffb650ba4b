"""What labels may leave open."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LabelOptions:
    """What an export may leave open, as whoever trains says it."""

    annotator: str | None = None
    """whose labels, where several people labelled the video"""
    fps: float | None = None
    """rate at which the tool counted frames, where the export does not say"""


NOTHING_SAID = LabelOptions()
