"""What feeder and handler say to each other, through one TorchServe endpoint.

A message is `MSF1`, the length of a JSON header (4 bytes, little endian), the header, then raw pixels. The header's
`kind` says what is wanted:

`frames`  `plan` (digest) and `frames`, each with `view` (number), `height`, `width` and `apps`; pixels follow frame by
          frame, uint8 RGB, rows first. Answer: `scores`, for each frame the score of each app.
`load`    `plan` (a RunnerPlan) and `store` (a folder). Answer: a report; the plan is loaded beside the one in use.
`report`  Answer: what is served, what is being loaded, what failed.
`profile` `base`, `fps` and `seconds`. Answer: what the base's parts cost in this worker (profiling.part_costs).

Every answer is JSON with HTTP status 200; one with `error` says what is wrong, and `stale: true` asks to load the plan
again (the worker was restarted). Several views' frames travel in one message: a round trip costs 1 to 3 ms, whatever
is in it.
"""

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from mainstream.errors import InvalidInputError
from mainstream_runner.due_frame import DueFrame

_MAGIC = b"MSF1"
_PREFIX = struct.Struct("<4sI")
_MAX_HEADER_BYTES = 8 << 20
MAX_MESSAGE_BYTES = 64 << 20
"""of one message: header and, say, 64 frames of 500 x 600 pixels"""
MODEL = "mainstream"
"""name under which TorchServe serves the engine"""


def encode(header: dict[str, Any], pixels: Sequence[bytes | memoryview] = ()) -> bytes:
    """One message."""
    text = json.dumps(header, separators=(",", ":")).encode()
    return b"".join([_PREFIX.pack(_MAGIC, len(text)), text, *pixels])


def encode_frames(plan_digest: str, frames: Sequence[DueFrame]) -> bytes:
    """A message with the frames that wait, whatever their views."""
    header = {
        "kind": "frames",
        "plan": plan_digest,
        "frames": [
            {"view": f.view, "height": f.pixels.shape[0], "width": f.pixels.shape[1], "apps": f.apps} for f in frames
        ],
    }
    return encode(header, [np.ascontiguousarray(frame.pixels).data for frame in frames])


def decode(message: bytes | bytearray | memoryview) -> tuple[dict[str, Any], memoryview]:
    """Header and pixels of a message; raises `InvalidInputError` where it is none."""
    view = memoryview(message)
    if len(view) < _PREFIX.size or len(view) > MAX_MESSAGE_BYTES:
        raise InvalidInputError(f"has {len(view)} bytes; a message has {_PREFIX.size} to {MAX_MESSAGE_BYTES}")
    magic, length = _PREFIX.unpack_from(view)
    if magic != _MAGIC or length > min(_MAX_HEADER_BYTES, len(view) - _PREFIX.size):
        raise InvalidInputError("does not begin like a message of the feeder")
    pixels_at = _PREFIX.size + length
    try:
        header = json.loads(bytes(view[_PREFIX.size : pixels_at]))
    except ValueError as error:
        raise InvalidInputError(f"header is not JSON ({error})") from error
    if not isinstance(header, dict):
        raise InvalidInputError("header is not an object")
    return header, view[pixels_at:]


def decode_frames(header: dict[str, Any], pixels: memoryview) -> list[DueFrame]:
    """The frames of a message; raises `InvalidInputError` where header and pixels do not fit each other."""
    frames: list[DueFrame] = []
    at = 0
    try:
        for each in header["frames"]:
            height, width = int(each["height"]), int(each["width"])
            size = height * width * 3
            if height < 1 or width < 1 or size > len(pixels) - at:
                raise InvalidInputError("announces more pixels than follow", field=f"frames[{len(frames)}]")
            # A copy, because torch wants memory that it may write to.
            array = np.frombuffer(pixels, np.uint8, size, at).reshape(height, width, 3).copy()
            frames.append(DueFrame(int(each["view"]), array, tuple(str(app) for app in each["apps"])))
            at += size
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"frames header lacks or misspells {error}", field=f"frames[{len(frames)}]") from error
    if at != len(pixels):
        raise InvalidInputError(f"{len(pixels) - at} bytes of pixels belong to no frame", field="frames")
    return frames
