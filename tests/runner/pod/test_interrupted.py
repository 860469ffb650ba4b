"""A base network whose measurement ends the runner: the next start says so, measures the others, and not that one."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from coordinator_pod import Engine, Pod
from order_files import write_orders

from mainstream.errors import MainstreamError
from mainstream.messages.runner_orders import Wanted
from mainstream_runner.client import MeasurementLostError
from mainstream_runner.part_costs import PartCosts
from mainstream_runner.pod.following import interrupted, profile_follower
from mainstream_runner.pod.following.interrupted import Interruptions
from mainstream_runner.pod.following.long_work import StoppedError
from mainstream_runner.profiling.profiler import FrameCosts, IdleCost

HERE = "2 GiB, one version"
PARTS = PartCosts(
    frames=1,
    back_end="openvino",
    preprocessing_s=0.1,
    stem_s=(0.0, 1.0),
    rest_s=(1.0, 0.1),
    digest="0" * 64,
    feature_map=(2, 1, 1),
    segment_bytes=(0, 1),
    head_bytes=4,
    workspace_bytes=5,
    call_s=(0.1, 0.2),
    slot_s=(0.01, 0.02),
    dw_call_s=(0.5, 0.6),
    dw_slot_s=(0.05, 0.06),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "profiling.json"


def killed(file: Path, base: str) -> None:
    """The process ends while it measures."""
    Interruptions(file, HERE).measuring(base).__enter__()


def test_a_start_after_a_kill_says_which_base_network_was_measured_and_waits_with_it_alone(file: Path) -> None:
    killed(file, "large")
    after = Interruptions(file, HERE)
    assert after.last is not None
    assert after.last.base == "large"
    assert abs(datetime.now(UTC) - after.last.at) < timedelta(minutes=1)
    assert not after.may_measure("large")
    assert after.may_measure("small")
    assert "memoryMebibytes" in after.problems["large"]
    assert "once more in ten minutes" in after.problems["large"]


def test_it_is_measured_once_more_and_after_a_second_kill_no_more(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupted, "_WAIT", timedelta(0))
    killed(file, "large")
    assert Interruptions(file, HERE).may_measure("large")
    killed(file, "large")
    after = Interruptions(file, HERE)
    assert not after.may_measure("large")
    assert "2 times" in after.problems["large"]


def test_another_memory_limit_or_version_lets_it_be_measured_again(file: Path) -> None:
    killed(file, "large")
    assert not Interruptions(file, HERE).may_measure("large")
    assert Interruptions(file, "4 GiB, one version").may_measure("large")


@pytest.mark.parametrize("error", [MainstreamError("no such network"), None])
def test_a_measurement_that_came_to_an_end_says_nothing_against_it(file: Path, error: Exception | None) -> None:
    try:
        with Interruptions(file, HERE).measuring("large"):
            if error is not None:
                raise error
    except MainstreamError:
        pass
    assert Interruptions(file, HERE).last is None


def test_one_that_was_given_up_counts_until_the_runner_ends_in_order(file: Path) -> None:
    first = Interruptions(file, HERE)
    with pytest.raises(StoppedError), first.measuring("large"):
        raise StoppedError
    assert json.loads(file.read_text())["measuring"] == "large"  # the worker goes on with it
    first.end()
    assert Interruptions(file, HERE).last is None


def test_a_worker_that_is_lost_counts_as_an_end_of_the_runner(file: Path) -> None:
    interruptions = Interruptions(file, HERE)
    with pytest.raises(MeasurementLostError), interruptions.measuring("large"):
        raise MeasurementLostError("gone")
    assert not interruptions.may_measure("large")
    assert Interruptions(file, HERE).last == interruptions.last


def test_a_file_that_makes_no_sense_is_begun_anew(file: Path) -> None:
    file.write_text("{")
    assert Interruptions(file, HERE).last is None


def test_neighbours_are_measured_and_served_without_the_base_network_that_ended_the_runner(
    pod: Pod, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []

    class Profiler:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def part_costs(self, base: str) -> PartCosts:
            measured.append(base)
            if base == "large" and measured.count("large") == 1:
                raise MeasurementLostError("the worker was restarted while it measured")
            return PARTS

        def idle(self) -> IdleCost:
            return IdleCost(0.1, 1)

        def frame_costs(self, *_: object) -> FrameCosts:
            return FrameCosts(0.1, 0.01, 1.0)

    monkeypatch.setattr(profile_follower, "Profiler", Profiler)
    monkeypatch.setattr(profile_follower, "_RETRY_S", 0.05)
    monkeypatch.setattr(pod.coordinator._pipeline.cameras, "decoding", lambda: object())
    Engine.may_load.set()
    write_orders(pod.orders, wanted=Wanted(bases=("large", "small")))
    pod.step_until(lambda: "small" in pod.coordinator._profiles.known.bases)
    report = pod.coordinator.status.report()
    assert measured == ["large", "small"]
    assert report.interrupted is not None
    assert report.interrupted.base == "large"
    assert report.started_at is not None
    assert report.started_at <= report.interrupted.at
    assert list(report.unavailable_bases) == ["large"]
    assert report.profile is not None
    assert list(report.profile.bases) == ["small"]
    pod.coordinator.close()
