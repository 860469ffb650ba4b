"""An app whose weights lack, or are lost, holds up nobody else."""

import hashlib
import time

import pytest
from coordinator_pod import HEAD, PICTURE, Engine, Pod
from runner_apps import runner_app, runner_plan

from mainstream.mpackage.manifest import Blob
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.pod.following import plan_follower


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
