"""The ways to decode a stream that a plan may choose among, as steps of the cost law (docs/design.md, "Cost"). Pure."""

from mainstream.api import VideoStream
from mainstream.laws.cost import CostStep
from mainstream.messages.node_profile import NodeProfile

_SAME_CLOCK = 0.01
"""by which clocks may differ"""


def decode_steps(stream: VideoStream, profile: NodeProfile) -> tuple[CostStep, ...]:
    """The modes that were measured, or the one that the stream is pinned to where that is among them; empty where
    there is nothing to choose.

    Whatever the fastest of them was measured to yield, it serves every rate that the stream is declared with.
    """
    modes = profile.decode_modes.get(stream.key, ())
    if not modes:
        return ()
    fastest, declared_fps = max(mode.fps for mode in modes), stream.spec.frames_per_second
    steps = tuple(
        CostStep(mode.name, max(mode.fps, declared_fps) if mode.fps == fastest else served_fps(mode.fps), mode.used_s)
        for mode in modes
    )
    return tuple(step for step in steps if step.name == stream.spec.decode) or steps


def most_fps(stream: VideoStream, profile: NodeProfile) -> float:
    """The highest rate at which an app can look at the stream."""
    declared_fps = stream.spec.frames_per_second
    return min(declared_fps, max((step.fps for step in decode_steps(stream, profile)), default=declared_fps))


def served_fps(measured_fps: float) -> float:
    """The highest rate that a mode of so many frames a second serves: a camera's clock is not quite ours."""
    near_fps = round(measured_fps, 1)
    return near_fps if measured_fps < near_fps <= (1 + _SAME_CLOCK) * measured_fps else measured_fps
