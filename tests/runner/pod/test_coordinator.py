"""Steps of the coordinator: none waits, what is ordered comes before what is measured, a bad plan is tried again."""

import time
from collections.abc import Sequence

import pytest
from coordinator_pod import HEAD, PICTURE, WEIGHTS, Engine, Pod, plan_of
from order_files import write_orders

from mainstream.errors import InvalidInputError
from mainstream.messages.runner_orders import CREDENTIALS_FILE, Wanted
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.pod.following import plan_follower, profile_follower
from mainstream_runner.pod.following.long_work import LongWork, Pause, StoppedError


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


def test_a_runner_that_leaves_scores_what_waits_and_says_what_became_of_every_frame(
    pod: Pod, caplog: pytest.LogCaptureFixture
) -> None:
    Engine.may_load.set()
    pod.order(plan_of(1000.0))
    pod.step_until(lambda: pod.served is not None)
    now_s = time.monotonic()
    for index in range(3):
        pod.coordinator._pipeline.take("s", CapturedFrame(index, index / 100, now_s + index / 100, PICTURE))
    pod.coordinator.close()
    assert "leaves: 1 app, whose frames were 3 captured, 3 analysed, 0 skipped, 0 dropped" in caplog.text


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
