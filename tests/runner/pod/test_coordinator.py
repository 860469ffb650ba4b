"""Steps of the coordinator: none waits, what is ordered comes before what is measured, a bad plan is tried again."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import av
import numpy as np
import pytest
from order_files import write_orders
from runner_apps import runner_app, runner_plan

from mainstream.errors import InvalidInputError
from mainstream.messages.runner_orders import CREDENTIALS_FILE, Wanted
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.manifest import Blob
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine_state import EngineState
from mainstream_runner.feeder import feeder as feeder_module
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.pipeline import frame_pipeline
from mainstream_runner.pod.coordinator import Coordinator
from mainstream_runner.pod.following import plan_follower, profile_follower
from mainstream_runner.pod.following.long_work import LongWork, Pause, StoppedError
from mainstream_runner.pod.settings import PodSettings

WEIGHTS = b"weights"
HEAD = Blob(sha256=hashlib.sha256(WEIGHTS).hexdigest(), size_bytes=len(WEIGHTS))
LONGEST_STEP_S = 3.0
"""a busy disk takes some of it; what steps would wait for here never comes"""
PICTURE = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")


class Engine:
    """Stands in for TorchServe: loading takes as long as a test lets it, and can be refused."""

    may_load: ClassVar[threading.Event]
    refused: ClassVar[int] = 0
    asked: ClassVar[list[str]] = []
    unavailable: ClassVar[dict[str, str]] = {}

    def __init__(self, port: int, *, pause: Callable[[float], object] = time.sleep) -> None:
        del port
        self._pause = pause

    def load(self, plan: RunnerPlan, store: Path) -> EngineState:
        del store
        Engine.asked.append(plan.digest)
        while not Engine.may_load.is_set():
            self._pause(0.01)
        if Engine.refused:
            Engine.refused -= 1
            raise InvalidInputError("the engine refuses it")
        return EngineState(
            serving=plan.digest,
            loading=None,
            failed={},
            unavailable_apps=dict(Engine.unavailable),
            sizes=((8, 8),),
            back_end="torch-eager",
            back_end_problem=None,
            scored_frames=0,
            scored_s=0.0,
        )

    def score(self, plan_digest: str, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
        del plan_digest
        return [dict.fromkeys(frame.apps, 0.0) for frame in frames]

    def close(self) -> None:
        pass


class Pod:
    """A coordinator with its folders."""

    def __init__(self, folder: Path) -> None:
        for name in ("orders", "secret", "data"):
            (folder / name).mkdir()
        self.orders = folder / "orders"
        self.settings = PodSettings("n", orders=self.orders, secret=folder / "secret", data=folder / "data")
        serving: Any = SimpleNamespace(port=1, guard=None, runs=True, restarts=0, follow=lambda: False)
        self.coordinator = Coordinator(self.settings, serving)
        self.order(None)

    def order(self, plan: RunnerPlan | None) -> None:
        """Have this plan served, and put its head on the disk."""
        if plan is not None:
            (self.settings.data / "store" / "blobs" / HEAD.sha256).write_bytes(WEIGHTS)
        write_orders(self.orders, plan)

    def step_until(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Step; no step may take long."""
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s
            self.step()

    def step(self) -> None:
        start_s = time.monotonic()
        self.coordinator.step()
        assert time.monotonic() - start_s < LONGEST_STEP_S
        time.sleep(0.005)

    @property
    def served(self) -> str | None:
        """Digest of the plan that it says is served."""
        return self.coordinator.status.report().served


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pod]:
    Engine.may_load, Engine.refused, Engine.asked, Engine.unavailable = threading.Event(), 0, [], {}
    monkeypatch.setattr(frame_pipeline, "EngineClient", Engine)
    monkeypatch.setattr(feeder_module, "EngineLine", Engine)
    made = Pod(tmp_path)
    yield made
    made.coordinator.close()


def plan_of(fps: float) -> RunnerPlan:
    return runner_plan(runner_app(head=HEAD, fps=fps))


def test_steps_are_made_while_a_plan_is_loaded_and_take_it_up_once_it_is(pod: Pod) -> None:
    plan = plan_of(1.0)
    pod.order(plan)
    pod.step_until(lambda: Engine.asked == [plan.digest])
    for _ in range(20):
        pod.step()
    assert pod.served is None
    Engine.may_load.set()
    pod.step_until(lambda: pod.served == plan.digest)
    assert Engine.asked == [plan.digest]
    assert "a" in pod.coordinator.status.report().apps


def test_a_plan_that_is_ordered_while_another_one_is_loaded_takes_its_place(pod: Pod) -> None:
    first, second = plan_of(1.0), plan_of(2.0)
    pod.order(first)
    pod.step_until(lambda: Engine.asked == [first.digest])
    pod.order(second)
    pod.step_until(lambda: Engine.asked == [first.digest, second.digest])
    Engine.may_load.set()
    pod.step_until(lambda: pod.served == second.digest)
    assert Engine.asked == [first.digest, second.digest]


def test_a_secret_that_changes_while_a_plan_is_loaded_does_not_begin_anew(pod: Pod) -> None:
    plan = plan_of(1.0)
    pod.order(plan)
    pod.step_until(lambda: Engine.asked == [plan.digest])
    (pod.settings.secret / CREDENTIALS_FILE).write_text('{"logins": {"p/s": {"username": "u", "password": "p"}}}')
    pod.step_until(lambda: "p/s" in pod.coordinator._orders.credentials.logins)
    for _ in range(5):
        pod.step()
    Engine.may_load.set()
    pod.step_until(lambda: pod.served == plan.digest)
    assert Engine.asked == [plan.digest]


def test_a_plan_that_is_refused_is_tried_again_after_its_back_off(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_follower, "_RETRY_S", 0.3)
    Engine.may_load.set()
    Engine.refused = 1
    plan = plan_of(1.0)
    pod.order(plan)
    pod.step_until(lambda: pod.coordinator.status.report().plan_problem is not None)
    assert pod.coordinator.status.report().plan_problem == "the engine refuses it"
    refused_s = time.monotonic()
    pod.step_until(lambda: pod.served == plan.digest)
    assert time.monotonic() - refused_s >= 0.25
    assert pod.coordinator.status.report().plan_problem is None


def test_a_plan_that_is_taken_back_ends_at_once(pod: Pod) -> None:
    Engine.may_load.set()
    pod.order(plan_of(1.0))
    pod.step_until(lambda: pod.served is not None)
    pod.order(None)
    pod.step_until(lambda: pod.coordinator.status.health().plan is None, 1.0)
    assert pod.served is None


def test_why_an_app_did_not_run_says_nothing_of_a_plan_that_came_after_none(pod: Pod) -> None:
    Engine.may_load.set()
    Engine.unavailable = {"a": "its weights are broken"}
    pod.order(plan_of(1.0))
    pod.step_until(lambda: pod.served is not None)
    assert pod.coordinator.status.report().apps["a"].problem == "its weights are broken"
    pod.order(None)
    pod.step_until(lambda: pod.coordinator.status.health().plan is None)
    Engine.may_load.clear()
    Engine.unavailable = {}
    pod.order(plan_of(2.0))
    pod.step_until(lambda: len(Engine.asked) == 2)
    assert "a" not in pod.coordinator.status.report().apps or pod.coordinator.status.report().apps["a"].problem is None
    Engine.may_load.set()
    pod.step_until(lambda: pod.served is not None)
    assert pod.coordinator.status.report().apps["a"].problem is None


def test_what_is_ordered_is_served_before_anything_is_measured(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[str] = []

    def measure(bases: Sequence[str], idle: object, frames: object, pause: Pause) -> None:
        try:
            while True:
                pause(0.01)
        except StoppedError:
            stopped.append(bases[0])
            raise

    profiles = pod.coordinator._profiles
    monkeypatch.setattr(profiles, "_measure", lambda *asked: measure(*asked))
    monkeypatch.setattr(pod.coordinator._pipeline.cameras, "decoding", lambda: object())
    write_orders(pod.orders, wanted=Wanted(bases=("lite",)))
    pod.step_until(lambda: profiles.is_busy)
    pod.step_until(lambda: profiles._measuring is not None)
    Engine.may_load.set()
    plan = plan_of(1.0)
    (pod.settings.data / "store" / "blobs" / HEAD.sha256).write_bytes(WEIGHTS)
    write_orders(pod.orders, plan, Wanted(bases=("lite",)))
    pod.step_until(lambda: pod.served == plan.digest)
    assert stopped == ["lite"]
    pod.step_until(lambda: profiles.is_busy)  # measured beside the plan, from its beginning


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is complete waits for nobody for long."""
    for name, seconds in (("_LOOK_S", 0.0), ("_SETTLE_S", 0.05), ("_PATIENCE_S", 0.1)):
        monkeypatch.setattr(plan_follower, name, seconds)
    Engine.may_load.set()


OTHER = b"others"
OTHER_HEAD = Blob(sha256=hashlib.sha256(OTHER).hexdigest(), size_bytes=len(OTHER))


@pytest.mark.usefixtures("pod", "hasty")
def test_an_app_whose_weights_lack_holds_up_nobody_and_costs_the_others_no_frame_when_they_come(pod: Pod) -> None:
    plan = runner_plan(runner_app("a", head=HEAD, fps=1000.0), runner_app("b", head=OTHER_HEAD, fps=1000.0))
    pod.order(plan)
    pod.step_until(lambda: pod.served == plan.digest)
    apps = pod.coordinator.status.report().apps
    assert apps["a"].lacks == ()
    assert apps["b"].lacks == (OTHER_HEAD.sha256,)
    assert pod.coordinator.status.report().lacks == (OTHER_HEAD,)
    pipeline, taken = pod.coordinator._pipeline, 0

    def play() -> None:
        nonlocal taken
        pipeline.take("s", CapturedFrame(taken, taken / 1000, time.monotonic(), PICTURE))
        taken += 1

    for _ in range(20):
        pod.step()
        play()
    assert pipeline.counts.tallies().keys() == {"a"}
    (pod.settings.data / "store" / "blobs" / OTHER_HEAD.sha256).write_bytes(OTHER)
    while "b" not in pipeline.counts.tallies():
        assert taken < 1000
        pod.step()
        play()
    for _ in range(5):
        time.sleep(0.002)
        play()
    assert pipeline.drain(5.0)
    tallies = pipeline.counts.tallies()
    assert tallies["a"].captured == taken
    for tally in tallies.values():
        assert tally.dropped == tally.waiting == 0
        assert tally.captured == tally.analysed + tally.skipped
    assert pod.coordinator.status.report().apps["b"].lacks == ()
    assert pod.served == plan.digest


@pytest.mark.usefixtures("pod", "hasty")
def test_an_app_that_is_taken_away_ends_although_a_newcomers_weights_lack(pod: Pod) -> None:
    pod.order(runner_plan(runner_app("a", head=HEAD)))
    pod.step_until(lambda: pod.served is not None)
    plan = runner_plan(runner_app("b", head=OTHER_HEAD))
    pod.order(plan)
    pod.step_until(lambda: pod.served == plan.digest)
    running = pod.coordinator._plans.running
    assert running is not None
    assert running.apps == ()


@pytest.mark.usefixtures("pod", "hasty")
def test_an_app_that_waits_for_other_weights_goes_on_with_those_that_it_has(pod: Pod) -> None:
    former = runner_app("a", head=HEAD)
    pod.order(runner_plan(former))
    pod.step_until(lambda: pod.served is not None)
    plan = runner_plan(runner_app("a", head=OTHER_HEAD), runner_app("c", head=HEAD))
    pod.order(plan)
    pod.step_until(lambda: pod.served == plan.digest)
    running = pod.coordinator._plans.running
    assert running is not None
    assert running.apps == (former, plan.apps[1])
    assert pod.coordinator.status.report().apps["a"].lacks == ()
    (pod.settings.data / "store" / "blobs" / OTHER_HEAD.sha256).write_bytes(OTHER)
    pod.step_until(lambda: pod.coordinator._plans.running == plan)


@pytest.mark.usefixtures("pod", "hasty")
def test_a_blob_that_vanishes_under_a_plan_that_is_served_takes_no_app_out_of_it(pod: Pod) -> None:
    (pod.settings.data / "store" / "blobs" / OTHER_HEAD.sha256).write_bytes(OTHER)
    plan = runner_plan(runner_app("a", head=HEAD), runner_app("b", head=OTHER_HEAD))
    pod.order(plan)
    pod.step_until(lambda: pod.coordinator._plans.running == plan)
    (pod.settings.data / "store" / "blobs" / OTHER_HEAD.sha256).unlink()
    deadline_s = time.monotonic() + 0.5  # longer than anybody waits for what lacks
    while time.monotonic() < deadline_s:
        pod.step()
    assert pod.coordinator._plans.running == plan
    assert pod.coordinator._plans.lacking == {}
    assert Engine.asked == [plan.digest]
    # The operator learns of it all the same, so that it is here when the engine is started anew.
    assert pod.coordinator.status.report().lacks == (OTHER_HEAD,)


@pytest.mark.usefixtures("pod", "hasty")
def test_an_app_that_runs_again_as_it_did_lacks_nothing_more(pod: Pod) -> None:
    plan = runner_plan(runner_app("a", head=HEAD))
    pod.order(plan)
    pod.step_until(lambda: pod.served == plan.digest)
    pod.order(runner_plan(runner_app("a", head=OTHER_HEAD), runner_app("b", head=OTHER_HEAD)))
    pod.step_until(lambda: "b" in pod.coordinator._plans.lacking and pod.served != plan.digest)
    pod.order(plan)
    pod.step_until(lambda: pod.served == plan.digest)
    assert pod.coordinator._plans.lacking == {}


@pytest.mark.usefixtures("pod", "hasty")
def test_an_engine_that_lost_a_part_of_a_plan_is_given_it_again_at_once(pod: Pod) -> None:
    plan = runner_plan(runner_app("a", head=HEAD), runner_app("b", head=OTHER_HEAD))
    pod.order(plan)
    pod.step_until(lambda: pod.served == plan.digest)
    asked = len(Engine.asked)
    pipeline = pod.coordinator._pipeline
    pipeline.note_lost_plan(pipeline.served or "")
    pod.step_until(lambda: len(Engine.asked) > asked and not pipeline.has_lost_plan)
    assert Engine.asked[-1] == pipeline.served


def test_a_pipeline_that_is_closed_twice_delivers_nothing_more_and_breaks_nothing(pod: Pod) -> None:
    Engine.may_load.set()
    pod.order(plan_of(1000.0))
    pod.step_until(lambda: pod.served is not None)
    pipeline = pod.coordinator._pipeline
    for index in range(5):
        pipeline.take("s", CapturedFrame(index, index / 1000, time.monotonic(), PICTURE))
    assert pipeline.close(1.0) == 0
    before = pipeline.counts.tallies()
    assert pipeline.close(1.0) == 0
    assert pipeline.counts.tallies() == before
    assert before["a"].captured == before["a"].analysed + before["a"].skipped + before["a"].dropped == 5


def test_long_work_is_given_up_at_its_next_pause() -> None:
    work = LongWork("test", lambda pause: pause(60.0))
    work.stop()
    deadline_s = time.monotonic() + 5
    while work.is_running:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    with pytest.raises(StoppedError):
        work.result()


def test_what_long_work_ended_with_is_raised_where_its_result_is_asked_for() -> None:
    def fail(pause: Pause) -> None:
        raise ZeroDivisionError

    work = LongWork("test", fail)
    while work.is_running:
        time.sleep(0.01)
    with pytest.raises(Exception, match="ZeroDivisionError"):
        work.result()


def test_a_profile_that_could_not_be_measured_says_why_and_is_tried_again(
    pod: Pod, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile_follower, "_RETRY_S", 0.05)
    tries: list[int] = []

    def fail(*asked: object) -> None:
        tries.append(1)
        raise InvalidInputError("delivers too few frames")

    monkeypatch.setattr(pod.coordinator._profiles, "_measure", fail)
    monkeypatch.setattr(pod.coordinator._pipeline.cameras, "decoding", lambda: object())
    write_orders(pod.orders, wanted=Wanted(bases=("lite",)))
    pod.step_until(lambda: len(tries) > 1)
    assert pod.coordinator.status.report().profile_problem == "delivers too few frames"
