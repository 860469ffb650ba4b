"""What is kept for review: small objects on the node's disk and in a tenant's bucket, each written once.

    <start>-<id>.alert.json        an alert, once it has closed, with <start>-<id>.jpg as its picture
    <time>-<hour>.frames.json      the frames of an hour that are worth a label
    <time>-<ms>-<stratum>.frame.jpg   the picture of one of them
    <time>-<id>.verdict.json       what a person said

Names begin with a time in UTC, so that a listing is in order, and what is too old can go without being read.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mainstream.messages.alert import AlertMessage
from mainstream.review.strata import STRATA
from mainstream.review.verdicts import Verdict
from mainstream.times import stamp

_DAY_CHARACTERS = 8
ALERT, FRAMES, FRAME_PICTURE, VERDICT = ".alert.json", ".frames.json", ".frame.jpg", ".verdict.json"
CLIP, PICTURE = ".mp4", ".jpg"
VERDICTS = "verdicts"
"""folder of an app in which they lie"""
MOST_BYTES = 64 << 10
"""of an object, pictures apart"""
MOST_PICTURE_BYTES = 1 << 20
PIECE_BYTES = 1 << 20
"""of a clip: it is read piece by piece, so that nobody holds a whole one"""
MOST_FRAMES = 64
"""of one hour"""
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class KeptAlert(_Part):
    """An alert that has closed."""

    alert: AlertMessage
    merge_gap_s: float = Field(gt=0.0)


class DrawnFrame(_Part):
    """A frame that is worth a label."""

    at_s: float = Field(ge=0.0)
    """seconds since 1970, or into a file, as alerts tell times"""
    score: Share
    stratum: int = Field(ge=0, lt=len(STRATA))
    chance: float = Field(gt=0.0, le=1.0)
    """with which it was drawn among the frames of its stratum and hour"""
    stands_for_s: float = Field(gt=0.0)
    """seconds of the stream: those of that stratum and hour, shared among the frames that were drawn"""

    @property
    def name(self) -> str:
        """Tells it from the app's other drawn frames."""
        return frame_name(self.at_s, self.stratum)

    @property
    def picture(self) -> str:
        """Name of its picture."""
        return picture_of_frame(self.at_s, self.stratum)


class DrawnFrames(_Part):
    """Those of one hour."""

    frames: tuple[DrawnFrame, ...] = Field(min_length=1, max_length=MOST_FRAMES)


def encode_object(kept: KeptAlert | DrawnFrames) -> bytes:
    """As it is kept."""
    return kept.model_dump_json(by_alias=True, exclude_none=True).encode()


def alert_object(kept: KeptAlert) -> str:
    """Name of an alert's object."""
    return f"{stamp(kept.alert.start_s)}-{kept.alert.id}{ALERT}"


def frame_name(at_s: float, stratum: int) -> str:
    """Name of a frame that is worth a label."""
    return f"{stamp(at_s)}-{int(at_s * 1000) % 1000:03}-{STRATA[stratum].name}"


def picture_of_frame(at_s: float, stratum: int) -> str:
    """Name of its picture."""
    return f"{frame_name(at_s, stratum)}{FRAME_PICTURE}"


def frames_object(drawn: DrawnFrames) -> str:
    """Name of the object of an hour's frames: of the last of them, of which no other hour has one."""
    return f"{max(frame.name for frame in drawn.frames)}{FRAMES}"


def is_of_frame(name: str) -> bool:
    """Whether it is the picture of a frame that is worth a label."""
    return name.endswith(FRAME_PICTURE)


def is_of_alert(name: str) -> bool:
    """Whether it is an alert's clip or picture."""
    return name.endswith((CLIP, PICTURE)) and not is_of_frame(name)


def is_clip(name: str) -> bool:
    """Whether it is an alert's clip."""
    return name.endswith(CLIP)


def verdict_object(verdict: Verdict) -> str:
    """Name of a verdict's object: no two have the same."""
    return f"{stamp(verdict.at_s)}-{verdict.id}{VERDICT}"


def key_of(app: str, name: str) -> str:
    """Where an object lies below the prefix: by app, without its namespace, and day; verdicts by themselves."""
    of_app = app.rpartition("/")[2]
    day = day_of(name)
    return f"{of_app}/{VERDICTS}/{day}/{name}" if name.endswith(VERDICT) else f"{of_app}/{day}/{name}"


def day_of(name: str) -> str:
    """The day, in UTC, that a name begins with."""
    return name[:_DAY_CHARACTERS]
