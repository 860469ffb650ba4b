"""Gates in the feeder: whose scores stand, and at what pace all look while more moves than was planned with."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import av
import numpy as np
import pytest
from runner_apps import runner_app, runner_plan

from mainstream.messages.runner_plan import RunnerApp, RunnerPlan, ViewGate
from mainstream_runner.client import EngineUnavailableError
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.feeder import feeder as feeder_module
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.decider import Decider
from mainstream_runner.feeder.feeder import Feeder
from mainstream_runner.feeder.frames_file import AnalysedFrame
from mainstream_runner.feeder.routing import Routing
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.feeder.view_gates import DutyMeter, pace_of

SIZE = 64
GATE = ViewGate(duty=0.5, moving_cost=0.2)


def gated(*apps: RunnerApp, gate: ViewGate | None = GATE, budget: float = 1.0, cost: float = 0.5) -> RunnerPlan:
    return runner_plan(*apps, gate=gate).model_copy(update={"budget": budget, "cost": cost})


def picture(seed: int, person_at: int | None = None) -> av.VideoFrame:
    """A quiet scene with noise, and somebody bright in it."""
    shown = np.random.default_rng(seed).normal(90, 3, (SIZE, SIZE, 3))
    if person_at is not None:
        shown[24:48, person_at : person_at + 12] = 230
    return av.VideoFrame.from_ndarray(np.clip(shown, 0, 255).astype(np.uint8), format="rgb24")


@dataclass
class Stage:
    """A feeder before an engine whose score is the share of bright pixels; a look a second, none of them late."""

    feeder: Feeder
    counts: FrameCounts
    records: list[AnalysedFrame]
    looks: int = 0
    start_s: float = field(default_factory=time.monotonic)

    def adopt(self, plan: RunnerPlan) -> None:
        self.feeder.adopt(Routing(plan, ((SIZE, SIZE),)))

    def look(self, number: int, person_at: Callable[[int], int | None] = lambda look: None) -> list[AnalysedFrame]:
        """So many looks; what was decided on."""
        before = len(self.records)
        for at in range(number):
            shown = CapturedFrame(
                self.looks, float(self.looks), self.start_s + self.looks, picture(self.looks, person_at(at))
            )
            self.feeder.take("s", shown)
            self.looks += 1
            assert self.feeder.drain(60.0)
        return self.records[before:]


class Engine:
    """Counts what it scores."""

    scored: list[str]
    away = False

    def __init__(self, port: int) -> None:
        del port

    def score(self, plan_digest: str, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
        del plan_digest
        if Engine.away:
            raise EngineUnavailableError("no answer")
        Engine.scored += [app for frame in frames for app in frame.apps]
        return [dict.fromkeys(frame.apps, round(float((frame.pixels > 200).mean()), 2)) for frame in frames]

    def close(self) -> None:
        pass


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(feeder_module, "EngineLine", Engine)
    monkeypatch.setattr(feeder_module, "_PATIENCE_S", 0.05)
    Engine.scored, Engine.away = [], False
    records: list[AnalysedFrame] = []
    counts = FrameCounts()
    feeder = Feeder(1, counts, Decider(lambda app, alert: None, note_frames=records.extend), lambda digest: None)
    yield Stage(feeder, counts, records)
    feeder.close()


def test_while_nothing_moves_no_network_runs_and_every_look_counts(stage: Stage) -> None:
    stage.adopt(gated(runner_app("a")))
    stage.look(20)
    Engine.scored.clear()
    decided = stage.look(20)
    assert [record.score for record in decided] == [0.0] * 20
    assert len(Engine.scored) <= 1
    tally = stage.counts.tallies()["a"]
    assert tally.captured == tally.analysed == 40
    assert tally.stood >= 19


def test_whoever_walks_by_is_scored_on_every_look_and_stands_once_he_does(stage: Stage) -> None:
    stage.adopt(gated(runner_app("a")))
    stage.look(20)
    Engine.scored.clear()
    walking = stage.look(4, lambda look: 4 + 12 * look)
    assert len(Engine.scored) == 4
    standing = stage.look(5, lambda look: 40)
    assert len(Engine.scored) == 4
    assert {record.score for record in (*walking, *standing)} == {0.07}


def test_a_view_without_a_gate_is_scored_on_every_look(stage: Stage) -> None:
    stage.adopt(gated(runner_app("a"), gate=None))
    stage.look(30)
    assert len(Engine.scored) == 30
    assert stage.counts.tallies()["a"].stood == 0


def test_no_score_stands_on_a_look_that_was_dropped(stage: Stage) -> None:
    stage.adopt(gated(runner_app("a")))
    stage.look(20)
    Engine.away = True
    assert stage.look(1, lambda look: 20) == []
    Engine.away = False
    assert [record.score for record in stage.look(2, lambda look: 20)] == [0.07, 0.07]
    assert stage.counts.tallies()["a"].dropped == 1


def test_scores_stand_over_a_plan_of_other_rates_but_not_of_another_candidate(stage: Stage) -> None:
    stage.adopt(gated(runner_app("a", fps=1.0), runner_app("b", fps=1.0)))
    stage.look(20)
    stage.adopt(gated(runner_app("a", fps=2.0), runner_app("b", fps=2.0, candidate="tuned-9")))
    Engine.scored.clear()
    stage.look(2)
    assert Engine.scored == ["b"]


def test_all_look_less_often_while_more_moves_than_was_planned_with(stage: Stage) -> None:
    # Of .6 the gate was planned to take .2 * .5, so .2 are left for it; everything moving takes .2 * 2.
    gate = ViewGate(duty=0.5, moving_cost=0.4)
    stage.adopt(gated(runner_app("a", fps=1.0), gate=gate, budget=0.6, cost=0.6))
    stage.look(40)  # at half the pace at first, before a threshold is learnt
    assert stage.feeder.gates.pace == 1.0
    decided = stage.look(40, lambda look: 4 * (look % 12))
    assert stage.feeder.gates.pace == pytest.approx(0.5, abs=0.02)
    assert 18 <= len(decided) <= 26
    stage.look(20)
    assert stage.feeder.gates.pace == 1.0


def test_the_pace_falls_evenly_by_what_the_budget_leaves() -> None:
    plan = gated(runner_app("a"), gate=ViewGate(duty=0.25, moving_cost=0.4), budget=0.5, cost=0.4)
    routing = Routing(plan, ((SIZE, SIZE),))
    (key,) = routing.routes
    assert pace_of(routing, {key: 0.5}) == pytest.approx(1.0)
    assert pace_of(routing, {key: 1.0}) == pytest.approx(0.2 / 0.4)
    assert pace_of(routing, {}) == 1.0
    assert pace_of(Routing(gated(runner_app("a"), gate=None), ((SIZE, SIZE),)), {}) == 1.0


def test_a_duty_is_that_of_the_busiest_five_minutes_of_the_last_hour() -> None:
    meter = DutyMeter()
    for second in range(300):
        meter.note(float(second), moves=second < 99)
    assert meter.duty is None
    for second in range(300, 3300):
        meter.note(float(second), moves=False)
    assert meter.duty == 0.35
    for second in range(3300, 4300):
        meter.note(float(second), moves=False)
    assert meter.duty == 0.05


def test_the_feeder_tells_how_much_of_the_time_each_view_moves_gate_or_not(stage: Stage) -> None:
    stage.adopt(gated(runner_app("a"), gate=None))
    stage.look(302, lambda look: 8 * (look % 6) if look < 97 else None)
    assert stage.feeder.gates.duties() == {"s": {"full": 0.35}}
