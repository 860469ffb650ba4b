"""What is kept for review, and where: small objects below a prefix, in a tenant's bucket or a folder of a run.

    alerts/<day>/<start>-<id>.json      an alert as it opened or, once it is known, as it closed
    frames/<day>/<time>-<stratum>.json  a frame that was drawn to be labelled, and what it stands for
    pictures/<day>/<...>.jpg            of either
    verdicts/<day>/<time>-<id>.json     what a person said

Names begin with the time in UTC, so that a listing is in order and what is too old can go without being read.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mainstream.messages.alert import AlertMessage
from mainstream.review.strata import STRATA
from mainstream.review.verdicts import Verdict

_DAY = "%Y%m%d"
_TIME = "%Y%m%dT%H%M%SZ"
MOST_OBJECT_BYTES = 64 << 10
"""of JSON"""
MOST_PICTURE_BYTES = 1 << 20
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class KeptAlert(BaseModel):
    """An alert, and what it was planned with."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    alert: AlertMessage
    merge_gap_s: float = Field(gt=0.0)
    length_s: float = Field(gt=0.0)
    """mean length of an event, as planned"""
    f1: Share
    """predicted"""
    f1_interval: tuple[Share, Share] | None = None
    """90 %"""


class DrawnFrame(BaseModel):
    """A frame that is worth a label."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    app: str = Field(min_length=1, max_length=512)
    at_s: float = Field(ge=0.0)
    """seconds since 1970, as alerts tell them"""
    score: Share
    threshold: Share
    stratum: int = Field(ge=0, lt=len(STRATA))
    chance: float = Field(gt=0.0, le=1.0)
    """with which it was drawn among the frames of its stratum and hour"""
    stands_for_s: float = Field(gt=0.0)
    """seconds of the stream: those of that stratum and hour, shared among the frames that were drawn"""

    @property
    def name(self) -> str:
        """Tells it from the app's other drawn frames, and goes into a path."""
        return f"{stamp(self.at_s)}-{int(self.at_s * 1000) % 1000:03}-{STRATA[self.stratum].name}"


def stamp(at_s: float) -> str:
    """A time in UTC as names begin with it."""
    return datetime.fromtimestamp(at_s, UTC).strftime(_TIME)


def alert_object(kept: KeptAlert) -> str:
    """Name of an alert's object."""
    return _named("alerts", kept.alert.start_s, kept.alert.id, "json")


def frame_object(frame: DrawnFrame) -> str:
    """Name of a drawn frame's object."""
    return f"frames/{_day(frame.at_s)}/{frame.name}.json"


def picture_of_alert(start_s: float, alert: str) -> str:
    """Name of an alert's picture."""
    return _named("pictures", start_s, alert, "jpg")


def picture_of_frame(frame: DrawnFrame) -> str:
    """Name of a drawn frame's picture."""
    return f"pictures/{_day(frame.at_s)}/{frame.name}.jpg"


def verdict_object(verdict: Verdict) -> str:
    """Name of a verdict's object: no two have the same."""
    return _named("verdicts", verdict.at_s, verdict.id, "json")


def told_time_s(name: str) -> float:
    """The time, to the second, that a name below a prefix tells; `ValueError` where it tells none."""
    return datetime.strptime(name.rpartition("/")[2].partition("-")[0], _TIME).replace(tzinfo=UTC).timestamp()


def _named(folder: str, at_s: float, identity: str, suffix: str) -> str:
    return f"{folder}/{_day(at_s)}/{stamp(at_s)}-{identity}.{suffix}"


def _day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime(_DAY)
