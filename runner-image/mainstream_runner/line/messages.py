"""What goes over the line: bytes there and back, each message behind its length.

Little-endian. A request is the plan's digest, the place of the pixels, and of each frame its view, height, width and
apps; an answer is of each frame a score for each of its apps, in order, and no number (NaN) where it has none. What is
wrong is an answer as well.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mainstream_runner.due_frame import DueFrame
from mainstream_runner.pixel_memory import PixelPlace
from mainstream_runner.wire import Refused

LENGTH = struct.Struct("<I")
MAX_BYTES = 16 << 20
"""of a message"""
_REQUEST = struct.Struct("<IIQQII")
"""process, file, inode, bytes of pixels; bytes of the plan's digest; frames"""
_FRAME = struct.Struct("<IIII")
"""view, height, width; bytes of the apps' names"""
_KIND = struct.Struct("<B")
_SCORES, _REFUSED, _STALE = range(3)
_BETWEEN = "\0"
_REMEMBERED = 4096


class LineError(Exception):
    """Not what goes over the line: the other end is something else."""


@dataclass(frozen=True)
class AskedFrame:
    """A frame of a request; its pixels lie elsewhere."""

    view: int
    height: int
    width: int
    apps: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A request."""

    plan: str
    pixels: PixelPlace
    frames: tuple[AskedFrame, ...]


def encode_request(plan: str, frames: Sequence[DueFrame], pixels: PixelPlace) -> bytes:
    """Frames of a plan, whatever their views; `pixels` says where theirs lie, in this order."""
    digest = plan.encode()
    place = (pixels.process, pixels.file, pixels.inode, pixels.size_bytes)
    parts = [_REQUEST.pack(*place, len(digest), len(frames)), digest]
    for frame in frames:
        names = _joined(frame.apps)
        height, width = frame.pixels.shape[:2]
        parts += (_FRAME.pack(frame.view, height, width, len(names)), names)
    return b"".join(parts)


def decode_request(message: bytes) -> Asked:
    """What was encoded; `LineError` where it was not."""
    try:
        *place, digest_bytes, number = _REQUEST.unpack_from(message)
        at = _REQUEST.size + digest_bytes
        plan = message[_REQUEST.size : at].decode()
        frames = []
        for _ in range(number):
            view, height, width, name_bytes = _FRAME.unpack_from(message, at)
            at += _FRAME.size + name_bytes
            frames.append(AskedFrame(view, height, width, _split(message[at - name_bytes : at])))
    except (struct.error, UnicodeDecodeError) as error:
        raise LineError(f"is no request ({error})") from error
    if at != len(message):
        raise LineError(f"is no request ({len(message)} bytes where {at} were announced)")
    return Asked(plan, PixelPlace(*place), tuple(frames))


def encode_scores(frames: Sequence[AskedFrame], scores: Sequence[dict[str, float]]) -> bytes:
    """The answer to a request: scores by app, of each of its frames."""
    numbers = [score.get(app, math.nan) for frame, score in zip(frames, scores, strict=True) for app in frame.apps]
    return _KIND.pack(_SCORES) + struct.pack(f"<{len(numbers)}d", *numbers)


def encode_refusal(refusal: Refused) -> bytes:
    """The answer to a request that is none, or to one that can't be met."""
    return _KIND.pack(_STALE if refusal.stale else _REFUSED) + refusal.error.encode()


def decode_answer(message: bytes, frames: Sequence[DueFrame]) -> list[dict[str, float]] | Refused:
    """What was encoded for these frames; `LineError` where it was not."""
    kind = message[0] if message else None
    if kind in (_REFUSED, _STALE):
        return Refused(error=message[1:].decode(errors="replace"), stale=kind == _STALE)
    asked = sum(len(frame.apps) for frame in frames)
    if kind != _SCORES or len(message) != _KIND.size + 8 * asked:
        raise LineError("is no answer")
    numbers = iter(struct.unpack_from(f"<{asked}d", message, _KIND.size))
    return [{app: number for app in frame.apps if not math.isnan(number := next(numbers))} for frame in frames]


# The same few sets of apps are due again and again.
@lru_cache(_REMEMBERED)
def _joined(apps: tuple[str, ...]) -> bytes:
    return _BETWEEN.join(apps).encode()


@lru_cache(_REMEMBERED)
def _split(names: bytes) -> tuple[str, ...]:
    return tuple(names.decode().split(_BETWEEN)) if names else ()
