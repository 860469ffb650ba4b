"""Plays what the ordered plan looks at, and what still has to be profiled."""

from mainstream.messages.runner_plan import RunnerPlan, RunnerStream, fastest_fps
from mainstream_runner.pipeline.frame_pipeline import FramePipeline
from mainstream_runner.pod.orders import Orders
from mainstream_runner.profiling.known_profile import KnownProfile


def follow_cameras(pipeline: FramePipeline, orders: Orders, known: KnownProfile, running: RunnerPlan | None) -> None:
    """Start, end and switch cameras as they are needed now; never waits for one."""
    streams = needed_streams(orders, known, running)
    needed_fps = {} if orders.plan is None else fastest_fps(orders.plan)
    needed_fps |= {} if running is None else fastest_fps(running)
    pipeline.cameras.follow(streams.values(), orders.credentials.logins, pipeline.take, needed_fps)


def needed_streams(orders: Orders, known: KnownProfile, running: RunnerPlan | None) -> dict[str, RunnerStream]:
    """By name; all that are wanted until it is known what a frame costs, then those whose decoding was not measured.

    Pure. What the plan says of a stream counts for more than what is wanted of it; while another plan runs, a stream is
    decoded as that needs it. What a frame costs is measured on whole streams.
    """
    wanted = orders.wanted.streams
    unprofiled = [stream for stream in wanted if known.frames is None or stream.name not in known.decode_s]
    planned = () if orders.plan is None else orders.plan.streams
    modes = {} if running is None else {stream.name: stream.decode for stream in running.streams}
    if known.frames is None:
        modes = {stream.name: "all" for stream in planned}
    decoded = (stream.model_copy(update={"decode": modes.get(stream.name, stream.decode)}) for stream in planned)
    return {stream.name: stream for stream in (*unprofiled, *decoded)}
