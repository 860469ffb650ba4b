"""Footage of the same view in which nothing happens, checked before anything is trained."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mainstream.api.video_stream import Mask
from mainstream.errors import InvalidInputError
from mainstream_trainer.data.clip import Clip, check_undamaged, inspect_clip

_LEAST_RATE = 0.95
"""of the labelled footage's rate: what comes more slowly cannot be played at every rate of a plan"""


def quiet_clips(paths: Sequence[Path], fps: float, masks: tuple[Mask, ...] = ()) -> tuple[Clip, ...]:
    """Footage to be scored beside labelled footage of `fps`; `InvalidInputError` names what cannot be used."""
    clips = tuple(replace(inspect_clip(path), masks=masks) for path in paths)
    for clip in clips:
        if clip.fps < _LEAST_RATE * fps:
            raise InvalidInputError(
                f"has {clip.fps:.3g} frames per second, the labelled footage {fps:.3g}; record both at one rate",
                field="quiet",
                source=clip.path,
            )
        check_undamaged(clip, (0, clip.frames))
    return clips
