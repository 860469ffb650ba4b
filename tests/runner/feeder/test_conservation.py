"""The law captured = analysed + skipped + dropped, for the feeder's own threads under random schedules."""

import itertools
import threading
import time
from collections.abc import Sequence
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runner_apps import runner_app, runner_plan

from mainstream.messages.runner_plan import RunnerPlan, ViewGate
from mainstream_runner.client import EngineUnavailableError, PlanNotServedError
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.feeder import feeder as feeder_module
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.decider import Decider
from mainstream_runner.feeder.feeder import Feeder
from mainstream_runner.feeder.frames_file import AnalysedFrame
from mainstream_runner.feeder.routing import Routing
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.views import plan_views

DIGEST = "0" * 64
PICTURE = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
MOVED = av.VideoFrame.from_ndarray(
    np.pad(np.full((16, 16, 3), 250, np.uint8), ((0, 16), (16, 0), (0, 0))), format="rgb24"
)
NAMES = ("a", "b", "c")


class Engine:
    """Stands in for TorchServe: serves one plan, and can be late, lost or broken."""

    served: str | None = None
    before: str | None = None
    mood = "well"
    scored = 0

    def __init__(self, port: int) -> None:
        del port

    def score(self, plan_digest: str, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
        mood = Engine.mood
        if mood == "away":
            raise EngineUnavailableError("no answer")
        if mood == "broken":
            raise RuntimeError("a bug")
        if mood == "slow":
            time.sleep(0.003)
        if plan_digest not in (Engine.served, Engine.before):
            raise PlanNotServedError("another plan is served")
        Engine.scored += sum(len(frame.apps) for frame in frames)
        return [dict.fromkeys(frame.apps, 0.9) for frame in frames]

    def close(self) -> None:
        pass


def plan_of(apps: tuple[tuple[str, float], ...], *, sharing: bool = True, gated: bool = False) -> RunnerPlan:
    gate = ViewGate(duty=1.0, moving_cost=0.1) if gated else None
    return runner_plan(*(runner_app(name, fps=fps) for name, fps in apps), sharing=sharing, fps=1000.0, gate=gate)


PLANS = st.builds(
    lambda apps, sharing, gated: plan_of(tuple(sorted(apps.items())), sharing=sharing, gated=gated),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from([100.0, 500.0, 1000.0]), min_size=1),
    st.booleans(),
    st.booleans(),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("frames"), st.integers(1, 60)),
        st.tuples(st.just("mood"), st.sampled_from(["well", "slow", "away", "broken"])),
        st.tuples(st.just("plan"), PLANS),
        st.tuples(st.just("engine lost"), st.none()),
        st.tuples(st.just("nothing planned"), st.none()),
        st.tuples(st.just("late frame"), st.none()),
        st.tuples(st.just("somebody moves"), st.none()),
    ),
    max_size=14,
)


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeder_module, "EngineLine", Engine)
    monkeypatch.setattr(feeder_module, "_PATIENCE_S", 0.05)


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_no_frame_goes_uncounted_whatever_becomes_of_plans_and_engine(steps: list[tuple[str, Any]]) -> None:
    Engine.served, Engine.mood, Engine.scored = None, "well", 0
    counts = FrameCounts()
    decided: list[str] = []
    noted = threading.Lock()

    def note(records: list[AnalysedFrame]) -> None:
        with noted:
            decided.extend(record.app for record in records)

    feeder = Feeder(1, counts, Decider(lambda app, alert: None, note_frames=note), lambda digest: None)
    index, picture = 0, PICTURE
    for step, value in steps:
        match step:
            case "frames":
                for _ in range(value):
                    feeder.take("s", CapturedFrame(index, index / 1000, time.monotonic(), picture))
                    index += 1
            case "somebody moves":
                picture = PICTURE if picture is MOVED else MOVED
            case "late frame":
                feeder.take("s", CapturedFrame(index, index / 1000, time.monotonic() - 5.0, PICTURE))
                index += 1
            case "mood":
                Engine.mood = value
            case "plan":
                Engine.served = value.digest
                feeder.adopt(Routing(value, ((32, 32),) * len(plan_views(value))))
            case "engine lost":
                Engine.served = None
            case _:
                feeder.adopt(None)
        for tally in counts.tallies().values():
            assert tally.captured == tally.analysed + tally.skipped + tally.dropped + tally.waiting
    assert feeder.drain(5.0)
    feeder.close()
    tallies = counts.tallies()
    for app, tally in tallies.items():
        assert tally.waiting == 0
        assert tally.captured == tally.analysed + tally.skipped + tally.dropped <= index
        assert tally.analysed >= decided.count(app)
    assert sum(tally.analysed - tally.stood for tally in tallies.values()) == Engine.scored


def test_what_waits_when_the_feeder_ends_is_dropped_and_counted() -> None:
    Engine.served, Engine.mood = None, "away"
    counts = FrameCounts()
    feeder = Feeder(1, counts, Decider(lambda app, alert: None), lambda digest: None)
    plan = plan_of((("a", 1000.0),))
    feeder.adopt(Routing(plan, ((32, 32),)))
    for index in range(30):
        feeder.take("s", CapturedFrame(index, index / 1000, time.monotonic(), PICTURE))
    feeder.close()
    tally = counts.tallies()["a"]
    assert tally.waiting == 0
    assert tally.captured == tally.analysed + tally.skipped + tally.dropped == 30


def test_a_change_of_plan_drops_no_frame_while_the_engine_still_runs_the_plan_before() -> None:
    Engine.mood, Engine.scored = "slow", 0
    counts = FrameCounts()
    feeder = Feeder(1, counts, Decider(lambda app, alert: None), lambda digest: None)
    old, new = plan_of((("a", 1000.0), ("b", 1000.0))), plan_of((("b", 1000.0), ("c", 1000.0)))
    Engine.before = old.digest
    for plan in (old, new):
        Engine.served = plan.digest
        feeder.adopt(Routing(plan, ((32, 32),)))
        for index in range(10):
            feeder.take("s", CapturedFrame(index, index / 1000, time.monotonic(), PICTURE))
            time.sleep(0.002)
    assert feeder.drain(5.0)
    feeder.close()
    Engine.before = None
    tallies = counts.tallies()
    assert {app: tally.dropped for app, tally in tallies.items()} == {"a": 0, "b": 0, "c": 0}
    assert all(tally.analysed > 0 for tally in tallies.values())


def test_the_next_request_is_on_its_way_while_one_is_scored_and_decisions_keep_the_frames_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two_at_once, decided = threading.Barrier(2), []

    class Swapping(Engine):
        """Answers the second of two requests first."""

        calls = itertools.count()

        def score(self, plan_digest: str, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
            call = next(Swapping.calls)
            if call < 2:
                two_at_once.wait(5.0)
                time.sleep(0.05 * (1 - call))
            return super().score(plan_digest, frames)

    monkeypatch.setattr(feeder_module, "EngineLine", Swapping)
    Engine.mood, plan = "well", plan_of((("a", 1000.0),))
    Engine.served = plan.digest
    decider = Decider(
        lambda app, alert: None, note_frames=lambda records: decided.extend(each.frame for each in records)
    )
    feeder = Feeder(1, FrameCounts(), decider, lambda digest: None)
    feeder.adopt(Routing(plan, ((32, 32),)))
    start_s = time.monotonic()
    for index in range(6):
        time.sleep(0.01)
        feeder.take("s", CapturedFrame(index, index / 10, start_s + index / 10, PICTURE))
    assert feeder.drain(5.0)
    feeder.close()
    assert not two_at_once.broken
    assert decided == [0, 1, 2, 3, 4, 5]
