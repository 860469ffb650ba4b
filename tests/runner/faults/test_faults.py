"""Short faults in a runner's real processes; `make bench-faults` has the long ones and writes docs/faults.md."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import scenarios
from fault_scene import LONGEST_S, CameraScene, looped, scene
from fault_stage import counted
from fault_tools import MissingToolError, wait_for

from mainstream.messages.alert import decode_alert

LARGE = "resnet-50"
"""a base network that takes far longer to measure than a test waits"""


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Iterator[CameraScene]:
    try:
        with scene(tmp_path_factory.mktemp("faults"), clip) as made:
            yield made
    except MissingToolError as missing:
        pytest.skip(str(missing))


def test_a_killed_worker_costs_frames_that_are_counted_and_no_event(on: CameraScene) -> None:
    outcome = scenarios.worker_killed(on)
    assert outcome.kept
    assert outcome.recovery_s < 60.0


def test_a_worker_killed_as_it_measures_a_newcomers_base_network_says_which_and_serves_on_without_it(
    on: CameraScene,
) -> None:
    outcome = scenarios.killed_as_it_measures(on, LARGE)
    assert outcome.kept
    assert outcome.notes == LARGE
    assert outcome.recovery_s < 60.0
    report = on.stage.report()
    assert report is not None
    assert "memoryMebibytes" in report.unavailable_bases[LARGE]
    on.stage.kill()
    on.stage.start()
    wait_for(on.stage.serves, LONGEST_S)
    again = on.stage.report()
    assert again is not None
    assert again.interrupted == report.interrupted, "it is not measured again, and a restart forgets nothing"
    on.stage.order(on.stage.plan)


def test_a_camera_that_falls_silent_is_noticed_within_five_seconds_and_opened_again(on: CameraScene) -> None:
    outcome = scenarios.camera_silent(on, 5.0)
    assert outcome.kept
    assert float(outcome.notes.split()[2]) <= 5.0
    assert outcome.recovery_s < 20.0


KINDS = ("opened", "closed")


def test_a_camera_that_comes_back_in_another_resolution_goes_on(on: CameraScene, clip: Path, tmp_path: Path) -> None:
    other = looped(clip, tmp_path / "other.mp4", 1, width=512)
    outcome = scenarios.camera_back_in_another_size(on, other)
    assert outcome.kept
    assert outcome.notes == "512 pixels wide"


def test_rubbish_in_the_stream_is_survived(on: CameraScene) -> None:
    outcome = scenarios.rubbish(on, 2.0)
    assert outcome.kept
    assert outcome.recovery_s < 20.0


def test_what_a_webhook_missed_while_it_was_down_arrives_when_it_is_back(on: CameraScene) -> None:
    outcome = scenarios.webhook_down(on, 4.0)
    assert outcome.kept
    assert outcome.frames_lost == 0


def test_a_runner_that_was_killed_starts_without_operator_store_and_orders_and_loses_no_event(on: CameraScene) -> None:
    outcome = scenarios.store_and_operator_gone(on)
    assert outcome.kept
    assert outcome.recovery_s < 80.0


def test_after_all_that_frames_and_events_are_accounted_for(on: CameraScene) -> None:
    report = on.stage.report()
    assert report is not None
    for app in report.apps.values():
        # What is on its way to a score is the difference.
        assert 0 <= app.captured - counted(app) <= 25
    # One look: events go on arriving.
    received = list(on.receiver.received)
    opened, closed = ({each.line["id"] for each in received if each.line["event"] == kind} for kind in KINDS)
    assert closed <= opened
    assert len({decode_alert(each.body).message_id for each in received}) == len(opened) + len(closed)
    assert 'mainstream_runner_app_captured_frames_total{app="app-0"}' in on.stage.metrics()
    assert on.stage.health()["plan"] == report.served
