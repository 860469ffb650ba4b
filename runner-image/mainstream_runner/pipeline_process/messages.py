"""What the pipeline's process says to whoever started it (`run`), as JSON lines: written and read here alone."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, TypeAdapter, ValidationError

from mainstream.errors import MainstreamError
from mainstream.messages.alert import AlertPhase
from mainstream_runner.run_result import FrameTally


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class RunStarted(_Message):
    """The clock starts."""

    kind: Literal["started"] = "started"
    cpu_s: NonNegativeFloat
    """CPU-seconds that the process has used so far"""


class RunProgressed(_Message):
    """How it goes, every second."""

    kind: Literal["progressed"] = "progressed"
    seconds: NonNegativeFloat
    """since the start"""
    frames: dict[str, FrameTally]
    """by app"""


class AlertChanged(_Message):
    """An alert opened or closed."""

    kind: Literal["alert"] = "alert"
    seconds: NonNegativeFloat
    app: str
    phase: AlertPhase
    end_s: float
    """time of the alert's last decision so far"""


class RunNoticed(_Message):
    """Something that a user should know, and that does not end the run."""

    kind: Literal["noticed"] = "noticed"
    seconds: NonNegativeFloat
    stream: str
    text: str
    """a sentence"""


class RunEnded(_Message):
    """Everything was played and delivered, as far as destinations took it."""

    kind: Literal["ended"] = "ended"
    seconds: NonNegativeFloat
    """of playing"""
    cpu_s: NonNegativeFloat
    """CPU-seconds that the process had used when playing ended; it may be gone before anyone can look it up"""
    frames: dict[str, FrameTally]
    alerts: dict[str, NonNegativeInt]
    """opened, by app"""
    undelivered: NonNegativeInt


class RunFailed(_Message):
    """The run can't go on; the exit code is 2."""

    kind: Literal["failed"] = "failed"
    message: str
    """for the user to put right"""


RunMessage = Annotated[
    RunStarted | RunProgressed | AlertChanged | RunNoticed | RunEnded | RunFailed,
    Field(discriminator="kind"),
]
_MESSAGE: TypeAdapter[RunMessage] = TypeAdapter(RunMessage)


def encode_run_message(message: RunMessage) -> bytes:
    """One line, without its end."""
    return message.model_dump_json().encode()


def decode_run_message(line: bytes) -> RunMessage:
    """What was encoded; raises `MainstreamError` where the line is none."""
    try:
        return _MESSAGE.validate_json(line)
    except ValidationError as error:
        raise MainstreamError("the pipeline's process said something that is no message", field="feeder") from error
