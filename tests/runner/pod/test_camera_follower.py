"""Which streams a runner plays, and in which mode."""

from coordinator_pod import plan_of

from mainstream.messages.runner_orders import Wanted
from mainstream.messages.runner_plan import RunnerPlan, RunnerStream
from mainstream_runner.pod.following.camera_follower import needed_streams
from mainstream_runner.pod.orders import Orders
from mainstream_runner.profiling.known_profile import KnownProfile
from mainstream_runner.profiling.profiler import FrameCosts

PROFILED = KnownProfile(frames=FrameCosts(0.001, 0.0, 1.0))


def plan_in(mode: str) -> RunnerPlan:
    plan = plan_of(1.0)
    return plan.model_copy(update={"streams": tuple(each.model_copy(update={"decode": mode}) for each in plan.streams)})


def modes(orders: Orders, known: KnownProfile, running: RunnerPlan | None) -> set[str]:
    return {stream.decode for stream in needed_streams(orders, known, running).values()}


def test_a_stream_is_decoded_as_the_plan_that_runs_needs_it_until_the_next_one_is_taken_up() -> None:
    orders = Orders(plan=plan_in("keyframes"))
    assert modes(orders, PROFILED, None) == {"keyframes"}
    assert modes(orders, PROFILED, plan_in("all")) == {"all"}
    assert modes(orders, PROFILED, plan_in("keyframes")) == {"keyframes"}


def test_what_a_frame_costs_is_measured_on_whole_streams() -> None:
    assert modes(Orders(plan=plan_in("keyframes")), KnownProfile(), plan_in("keyframes")) == {"all"}


def test_a_stream_that_is_only_wanted_is_played_until_it_is_known_what_decoding_it_costs() -> None:
    lobby = RunnerStream(name="lobby", url="rtsp://lobby", fps=10.0, crops={})
    orders = Orders(wanted=Wanted(streams=(lobby,)))
    assert needed_streams(orders, PROFILED, None) == {"lobby": lobby}
    known = KnownProfile(frames=PROFILED.frames, decode_s={"lobby": 0.001})
    assert needed_streams(orders, known, None) == {}
