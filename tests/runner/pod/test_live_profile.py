"""What a runner goes on from at its start, and what it makes of a check."""

from collections.abc import Iterator
from importlib.metadata import version
from typing import ClassVar

import pytest

from mainstream.machine import machine_name
from mainstream.node_profile import BaseProfile, NodeProfile
from mainstream_runner.pod import live_profile
from mainstream_runner.pod.live_profile import drifted_bases, measured_before
from mainstream_runner.profiling.node import PROFILED_VERSIONS
from mainstream_runner.wire import WholeCost

DIGEST = "0" * 64
BASE = BaseProfile(digest=DIGEST, stem_s=(0.0, 1.0), head_s=(1.5, 0.5), segment_bytes=(0, 1), head_bytes=1, timed_s=2.0)
PROFILE = NodeProfile(
    machine=machine_name(),
    back_end="openvino",
    versions={name: version(name) for name in PROFILED_VERSIONS},
    bases={"base": BASE},
    frame_s=0.1,
    decode_s={},
    idle=0.01,
)


class Client:
    """Tells one check after the other."""

    told: ClassVar[list[WholeCost]] = []

    def __init__(self, port: int) -> None:
        del port

    def whole_cost(self, base: str, fps: float, seconds: float) -> WholeCost:
        del base, fps, seconds
        return Client.told.pop(0)

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(live_profile, "EngineClient", Client)
    yield
    assert Client.told == []


def drifted(*whole_s: float, digest: str = DIGEST) -> dict[str, BaseProfile | None]:
    Client.told = [WholeCost(digest=digest, whole_s=each) for each in whole_s]
    measured = measured_before(PROFILE)
    assert measured is not None
    return drifted_bases(measured, 1)


def test_after_an_upgrade_the_profile_before_is_gone_on_from_and_keeps_its_versions() -> None:
    measured = measured_before(PROFILE.model_copy(update={"versions": PROFILE.versions | {"mainstream": "0.0.1"}}))
    assert measured is not None
    assert not measured.is_of_these_versions
    profile = measured.profile()
    assert profile is not None
    assert profile.versions["mainstream"] == "0.0.1"
    measured.forget()
    assert measured.profile() is None
    assert measured.is_of_these_versions


def test_a_profile_of_another_machine_says_nothing_unless_it_is_declared() -> None:
    other = PROFILE.model_copy(update={"machine": "abacus, 1 cores"})
    assert measured_before(other) is None
    assert measured_before(other, declared=True) is not None


def test_one_check_that_agrees_is_enough() -> None:
    assert drifted(2.1) == {}
    assert drifted(2.6, 2.1) == {}


def test_a_base_that_is_slower_three_times_takes_up_the_least_of_it() -> None:
    (base,) = drifted(3.0, 2.6, 2.8).values()
    assert base is not None
    assert base.stem_s == (0.0, pytest.approx(1.3))
    assert base.head_s == (pytest.approx(1.95), pytest.approx(0.65))
    assert base.timed_s == pytest.approx(2.6)
    assert base.segment_bytes == BASE.segment_bytes


def test_checks_that_disagree_with_each_other_say_nothing() -> None:
    assert drifted(3.0, 1.0) == {}


def test_another_base_network_of_the_same_name_is_unknown() -> None:
    assert drifted(2.0, digest="1" * 64) == {"base": None}
