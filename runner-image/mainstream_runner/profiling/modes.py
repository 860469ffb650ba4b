"""Measures what ways to decode a stream cost and yield, by playing it for that alone: for `mainstream profile`."""

import math
import time
from contextlib import closing
from typing import NamedTuple

from mainstream.messages.node_profile import DecodeMode
from mainstream.messages.runner_plan import RunnerStream
from mainstream_runner.decoding.mode_meter import MeasuredModes, ModeMeter, substream_mode
from mainstream_runner.feeder.source import Source


class Decoding(NamedTuple):
    """What was learned of a stream."""

    modes: tuple[DecodeMode, ...]
    """empty where it is too short"""
    pixels: int | None
    """of its picture, where that is known"""


def measure_modes(stream: RunnerStream, decode_s: float) -> Decoding:
    """Play it until its modes are known, half a minute at most, decoding all first.

    `decode_s` is what a frame took of the whole process: what that is beyond decoding, each frame takes in every mode.
    """
    own, pixels = _measured(stream)
    if own is None:
        return Decoding((), pixels)
    whole = own.modes[0]
    beyond_s = max(0.0, decode_s - whole.used_s / whole.fps)
    modes = list(own.modes)
    if stream.substream is not None:
        small, _ = _measured(stream.model_copy(update={"url": stream.substream.url, "fps": stream.substream.fps}))
        if small is not None:
            modes.append(substream_mode(own, small))
    in_all = (mode.model_copy(update={"used_s": mode.used_s + beyond_s * mode.fps}) for mode in modes)
    return Decoding(tuple(in_all), pixels)


def _measured(stream: RunnerStream) -> tuple[MeasuredModes | None, int | None]:
    """Its modes, and the pixels of its picture."""
    meter = ModeMeter()
    with closing(Source(stream.model_copy(update={"decode": "all"}), meter=meter)) as source:
        for _ in source.frames(time.monotonic()):
            if meter.is_settled:
                break
    size = source.delivered.size
    return meter.measured, None if size is None else math.prod(size)
