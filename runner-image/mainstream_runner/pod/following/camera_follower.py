"""Plays what the ordered plan looks at, and what still has to be profiled."""

from mainstream.messages.runner_plan import RunnerStream
from mainstream_runner.pipeline.frame_pipeline import FramePipeline
from mainstream_runner.pod.orders import Orders
from mainstream_runner.profiling.known_profile import KnownProfile


def follow_cameras(pipeline: FramePipeline, orders: Orders, known: KnownProfile) -> None:
    """Start and end cameras as they are needed now; never waits for one."""
    streams = needed_streams(orders, known)
    pipeline.cameras.follow(streams.values(), orders.credentials.logins, pipeline.take)


def needed_streams(orders: Orders, known: KnownProfile) -> dict[str, RunnerStream]:
    """By name; all that are wanted until it is known what a frame costs, then those whose decoding was not measured.

    Pure. What the plan says of a stream counts for more than what is wanted of it.
    """
    wanted = orders.wanted.streams
    unprofiled = [stream for stream in wanted if known.frames is None or stream.name not in known.decode_s]
    planned = () if orders.plan is None else orders.plan.streams
    return {stream.name: stream for stream in (*unprofiled, *planned)}
