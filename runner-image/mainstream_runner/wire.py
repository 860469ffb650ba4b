"""What feeder and handler say to each other, through one TorchServe endpoint: JSON there and back.

A message's `kind` says what is wanted:

`frames`  `plan` (digest), `pixels` (where they lie: pixel_memory) and `frames`, each with `view` (number), `height`,
          `width` and `apps`; pixels are uint8 RGB, rows first, frame after frame. Answer: `scores`, for each frame the
          score of each app.
`load`    `plan` (a RunnerPlan) and `store` (a folder). Answer: a report; the plan is loaded beside the one in use.
`report`  Answer: what is served, what is being loaded, what failed.
`profile` `base`, `fps` and `seconds`. Answer: what the base's parts cost in this worker (profiling.part_costs).
`check`   the same; answer: `digest` of the base and `whole_s`, CPU-seconds per frame of all of it.

The last two answer `measuring: true` until they have measured, beside the frames, and are asked again.

Every answer has HTTP status 200; one with `error` says what is wrong, and `stale: true` asks to load the plan again
(the worker was restarted). Several views' frames travel in one message: a round trip costs a millisecond or two,
whatever is in it.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from mainstream.errors import InvalidInputError
from mainstream_runner.due_frame import DueFrame

MAX_MESSAGE_BYTES = 16 << 20
"""of one message; plans of many apps are the longest"""
MODEL = "mainstream"
"""name under which TorchServe serves the engine"""


def encode(message: dict[str, Any]) -> bytes:
    """One message."""
    return json.dumps(message, separators=(",", ":")).encode()


def frames_message(plan_digest: str, frames: Sequence[DueFrame], pixels: dict[str, int]) -> dict[str, Any]:
    """A message with the frames that wait, whatever their views; `pixels` says where theirs lie, in this order."""
    return {
        "kind": "frames",
        "plan": plan_digest,
        "pixels": pixels,
        "frames": [
            {"view": f.view, "height": f.pixels.shape[0], "width": f.pixels.shape[1], "apps": f.apps} for f in frames
        ],
    }


def decode(message: bytes | bytearray | memoryview) -> dict[str, Any]:
    """What was encoded; raises `InvalidInputError` where that is no message."""
    if len(message) > MAX_MESSAGE_BYTES:
        raise InvalidInputError(f"has {len(message)} bytes; a message has at most {MAX_MESSAGE_BYTES}")
    try:
        decoded = json.loads(bytes(message))
    except ValueError as error:
        raise InvalidInputError(f"is not JSON ({error})") from error
    if not isinstance(decoded, dict):
        raise InvalidInputError("is not an object")
    return decoded


def decode_frames(message: dict[str, Any], pixels: memoryview) -> list[DueFrame]:
    """The frames of a message, their pixels uncopied; `InvalidInputError` where the two do not fit each other."""
    frames: list[DueFrame] = []
    at = 0
    try:
        for each in message["frames"]:
            height, width = int(each["height"]), int(each["width"])
            size = height * width * 3
            if height < 1 or width < 1 or size > len(pixels) - at:
                raise InvalidInputError("announces more pixels than follow", field=f"frames[{len(frames)}]")
            array = np.frombuffer(pixels, np.uint8, size, at).reshape(height, width, 3)
            frames.append(DueFrame(int(each["view"]), array, tuple(str(app) for app in each["apps"])))
            at += size
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"frames lack or misspell {error}", field=f"frames[{len(frames)}]") from error
    if at != len(pixels):
        raise InvalidInputError(f"{len(pixels) - at} bytes of pixels belong to no frame", field="frames")
    return frames
