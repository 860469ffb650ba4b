"""What client and handler say to each other, through one TorchServe endpoint: JSON there and back, typed at both ends.

Every answer has HTTP status 200; `Refused` says what is wrong. Frames can be scored in this way as well, by whoever
asks TorchServe; the feeder's go over the line (`mainstream_runner.line`), which costs a tenth.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Generic, Literal, Protocol, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, TypeAdapter, ValidationError

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.pixel_memory import PixelPlace

_log = logging.getLogger(__name__)
MAX_MESSAGE_BYTES = 16 << 20
"""of one message; plans of many apps are the longest"""
MODEL = "mainstream"
"""name under which TorchServe serves the engine"""


_Result = TypeVar("_Result", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FrameHeader(_Part):
    """One frame of a `ScoreRequest`; its pixels lie in shared memory."""

    view: int
    """number in `plan_views(plan)`"""
    height: PositiveInt
    width: PositiveInt
    apps: tuple[str, ...]


class ScoreRequest(_Part):
    """Score frames: pixels are uint8 RGB, rows first, frame after frame. Answered by `Scores`."""

    kind: Literal["score"] = "score"
    plan: str
    """digest"""
    pixels: PixelPlace
    frames: tuple[FrameHeader, ...]


class LoadRequest(_Part):
    """Load a plan beside the one in use, with weights of a folder store. Answered by `EngineState`, at once."""

    kind: Literal["load"] = "load"
    plan: RunnerPlan
    store: Path


class StateRequest(_Part):
    """Say what is served, what is being loaded, what failed. Answered by `EngineState`."""

    kind: Literal["state"] = "state"


class MeasureRequest(_Part):
    """Measure a base network in the worker, beside the frames: asked again until the `Measurement` has a result.

    That is `PartCosts` (kind `parts`) or `WholeCost` (kind `whole`).
    """

    kind: Literal["parts", "whole"]
    base: str
    fps: PositiveFloat
    """runs a second"""
    seconds: PositiveFloat


class Scores(_Part):
    """For each frame of a request the score of each of its apps."""

    scores: list[dict[str, float]]


class WholeCost(_Part):
    """What all of a base network costs."""

    digest: str
    """of the base network"""
    whole_s: float
    """CPU-seconds per frame"""


class Measurement(_Part, Generic[_Result]):
    """The answer to a `MeasureRequest`."""

    process: int
    """of the worker"""
    result: _Result | None = None
    """None until it is measured"""


class Refused(_Part):
    """What is wrong with a request, or with what it asks for."""

    error: str
    stale: bool = False
    """the plan has to be loaded again: another one is served, or the worker was restarted"""


def refused(error: Exception, *, stale: bool) -> Refused:
    """What is answered where a request raised; the log tells of what nobody foresaw, which is a bug."""
    if isinstance(error, MainstreamError):
        return Refused(error=str(error), stale=stale)
    _log.error("a request could not be answered", exc_info=error)
    return Refused(error=f"{type(error).__name__}: {error}")


EngineRequest = Annotated[ScoreRequest | LoadRequest | StateRequest | MeasureRequest, Field(discriminator="kind")]
_REQUEST: TypeAdapter[EngineRequest] = TypeAdapter(EngineRequest)


def encode(message: BaseModel) -> bytes:
    """One request or answer."""
    return message.model_dump_json().encode()


def decode_request(message: bytes | bytearray | memoryview) -> EngineRequest:
    """What was encoded; raises `InvalidInputError` naming the field where that is no request."""
    if len(message) > MAX_MESSAGE_BYTES:
        raise InvalidInputError(f"has {len(message)} bytes; a message has at most {MAX_MESSAGE_BYTES}")
    try:
        return _REQUEST.validate_json(bytes(message))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidInputError(
            f"is no request ({first['msg']})", field=".".join(str(part) for part in first["loc"]) or None
        ) from error


def score_request(plan_digest: str, frames: Sequence[DueFrame], pixels: PixelPlace) -> ScoreRequest:
    """A request with the frames that wait, whatever their views; `pixels` says where theirs lie, in this order."""
    headers = tuple(
        FrameHeader(view=f.view, height=f.pixels.shape[0], width=f.pixels.shape[1], apps=f.apps) for f in frames
    )
    return ScoreRequest(plan=plan_digest, pixels=pixels, frames=headers)


class SizedFrame(Protocol):
    """A frame whose pixels lie elsewhere."""

    @property
    def view(self) -> int:
        """Number in `plan_views(plan)`."""
        ...

    @property
    def height(self) -> int:
        """Rows."""
        ...

    @property
    def width(self) -> int:
        """Columns."""
        ...

    @property
    def apps(self) -> tuple[str, ...]:
        """That are due."""
        ...


def frames_of(announced: Sequence[SizedFrame], pixels: memoryview) -> list[DueFrame]:
    """The frames of a request, their pixels uncopied; `InvalidInputError` where the two do not fit each other."""
    frames: list[DueFrame] = []
    at = 0
    for number, header in enumerate(announced):
        size = header.height * header.width * 3
        if size > len(pixels) - at:
            raise InvalidInputError("announces more pixels than follow", field=f"frames[{number}]")
        array = np.frombuffer(pixels, np.uint8, size, at).reshape(header.height, header.width, 3)
        frames.append(DueFrame(header.view, array, header.apps))
        at += size
    if at != len(pixels):
        raise InvalidInputError(f"{len(pixels) - at} bytes of pixels belong to no frame", field="frames")
    return frames
