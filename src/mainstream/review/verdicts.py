"""Verdicts: what a person said of an alert, of one frame, or of a stretch of time.

A verdict is written once and never changed; who thinks again writes another one. Of several on one thing the last
counts.
"""

from collections.abc import Iterable
from typing import Annotated, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

NOTE_CHARACTERS = 1000
LONGEST_STRETCH_S = 86400.0
WhatIsReviewed = tuple[str, str] | tuple[str, float, float]


class _Said(BaseModel):
    """Who said it, and when."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    id: str = Field(default_factory=lambda: uuid4().hex, pattern=r"^[0-9a-f]{32}$")
    app: str = Field(min_length=1, max_length=512)
    who: str = Field(min_length=1, max_length=256)
    at_s: float = Field(ge=0.0)
    """seconds since 1970"""
    note: str = Field(default="", max_length=NOTE_CHARACTERS)


class AlertVerdict(_Said):
    """Whether an alert was right."""

    kind: Literal["alert"] = "alert"
    alert: str = Field(min_length=1, max_length=128)
    """its identity"""
    is_right: bool

    @property
    def of(self) -> WhatIsReviewed:
        """What it is about."""
        return self.kind, self.alert


class FrameLabel(_Said):
    """Whether an event was under way on a frame that was drawn to be labelled."""

    kind: Literal["frame"] = "frame"
    frame: str = Field(min_length=1, max_length=128)
    """its name"""
    is_event: bool
    length_s: float | None = Field(default=None, gt=0.0)
    """how long the event was, where that was said"""

    @property
    def of(self) -> WhatIsReviewed:
        """What it is about."""
        return self.kind, self.frame


class StretchVerdict(_Said):
    """What was in a stretch of time that somebody looked through: one event that was missed, or nothing."""

    kind: Literal["stretch"] = "stretch"
    start_s: float = Field(ge=0.0)
    end_s: float
    is_missed: bool
    """an event was there and no alert; else nothing was there"""

    @model_validator(mode="after")
    def _lasts(self) -> "StretchVerdict":
        if not 0.0 < self.end_s - self.start_s <= LONGEST_STRETCH_S:
            raise ValueError("a stretch ends after it begins, at most a day later")
        return self

    @property
    def of(self) -> WhatIsReviewed:
        """What it is about."""
        return self.kind, self.start_s, self.end_s


Verdict = Annotated[AlertVerdict | FrameLabel | StretchVerdict, Field(discriminator="kind")]
_VERDICT: TypeAdapter[AlertVerdict | FrameLabel | StretchVerdict] = TypeAdapter(Verdict)


def encode_verdict(verdict: Verdict) -> bytes:
    """As it is kept."""
    return _VERDICT.dump_json(verdict, exclude_none=True)


def decode_verdict(body: bytes) -> Verdict:
    """What was encoded; raises `ValueError` where that is no verdict."""
    return _VERDICT.validate_json(body)


def that_count(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The last one on each thing, by when it was said; in that order."""
    last: dict[WhatIsReviewed, Verdict] = {}
    for each in sorted(verdicts, key=lambda verdict: (verdict.at_s, verdict.id)):
        last.pop(each.of, None)
        last[each.of] = each
    return list(last.values())
