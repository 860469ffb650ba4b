"""What a runner goes on from at its start, and what it makes of a check."""

from collections.abc import Iterator
from typing import ClassVar

import pytest

from mainstream.machine import machine_name
from mainstream.messages.node_profile import BaseProfile, DecodeMode, NodeProfile
from mainstream_runner.decoding.mode_meter import StreamModes
from mainstream_runner.profiling import drift
from mainstream_runner.profiling.drift import drifted_bases
from mainstream_runner.profiling.known_profile import KnownProfile, known_profile
from mainstream_runner.profiling.profiler import profiled_versions
from mainstream_runner.wire import WholeCost

DIGEST = "0" * 64
BASE = BaseProfile(digest=DIGEST, stem_s=(0.0, 1.0), head_s=(1.5, 0.5), segment_bytes=(0, 1), head_bytes=1, timed_s=2.0)
PROFILE = NodeProfile(
    machine=machine_name(),
    back_end="openvino",
    versions=profiled_versions(),
    bases={"base": BASE},
    frame_s=0.1,
    decode_s={},
    idle=0.01,
)


class Client:
    """Tells one check after the other."""

    told: ClassVar[list[WholeCost]] = []

    def __init__(self, port: int, *, pause: object) -> None:
        del port, pause

    def whole_cost(self, base: str, fps: float, seconds: float) -> WholeCost:
        del base, fps, seconds
        return Client.told.pop(0)

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(drift, "EngineClient", Client)
    yield
    assert Client.told == []


def drifted(*whole_s: float, digest: str = DIGEST) -> dict[str, BaseProfile | None]:
    Client.told = [WholeCost(digest=digest, whole_s=each) for each in whole_s]
    return drifted_bases(PROFILE.bases, 1)


def test_after_an_upgrade_the_profile_before_is_gone_on_from_and_keeps_its_versions() -> None:
    known = known_profile(PROFILE.model_copy(update={"versions": PROFILE.versions | {"mainstream": "0.0.1"}}))
    assert known is not None
    assert not known.is_of_these_versions
    profile = known.profile()
    assert profile is not None
    assert profile.versions["mainstream"] == "0.0.1"
    known.forget()
    assert known.profile() is None
    assert known.is_of_these_versions


def test_a_profile_of_another_machine_says_nothing_unless_it_is_declared() -> None:
    other = PROFILE.model_copy(update={"machine": "abacus, 1 cores"})
    assert known_profile(other) is None
    assert known_profile(other, declared=True) is not None


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


WHOLE = DecodeMode(name="all", fps=25.0, used_s=0.1)


def modes(all_s: float, keys_fps: float = 2.0) -> tuple[DecodeMode, ...]:
    whole = WHOLE.model_copy(update={"used_s": all_s})
    return whole, DecodeMode(name="keyframes", fps=keys_fps, used_s=0.01)


def settled(*measured: DecodeMode) -> dict[str, StreamModes]:
    return {"hall": StreamModes(measured, is_settled=True)}


def test_modes_of_a_stream_are_known_with_what_decoding_all_of_it_costs_a_frame() -> None:
    known = known_profile(PROFILE)
    assert known is not None
    assert known.note_modes(settled(*modes(0.1)))
    profile = known.profile()
    assert profile is not None
    assert profile.decode_modes == {"hall": modes(0.1)}
    assert profile.decode_s == {"hall": pytest.approx(0.004)}
    assert known_profile(profile) == known


def test_noise_in_what_modes_cost_is_not_taken_up_and_other_groups_of_pictures_are() -> None:
    known = KnownProfile()
    known.note_modes(settled(*modes(0.1)))
    assert not known.note_modes(settled(*modes(0.115, keys_fps=2.05)))
    assert known.decode_modes == {"hall": modes(0.1)}
    assert known.note_modes(settled(*modes(0.13)))
    assert known.note_modes(settled(*modes(0.13, keys_fps=0.5)))
    assert known.decode_modes == {"hall": modes(0.13, keys_fps=0.5)}


def test_a_stream_whose_modes_cannot_be_measured_is_known_by_what_its_frames_cost() -> None:
    known = KnownProfile()
    assert not known.note_decoding({"hall": (0.1, 100)})
    assert known.note_decoding({"hall": (6.0, 1000)})
    assert known.decode_s == {"hall": pytest.approx(0.006)}
    assert known.decode_modes == {}


def test_a_mode_that_is_not_measured_again_yet_is_gone_on_with() -> None:
    known = KnownProfile()
    not_yet = {"hall": StreamModes((WHOLE,), is_settled=False)}
    assert known.note_modes(not_yet)
    assert known.note_modes(settled(*modes(0.1)))
    assert not known.note_modes(not_yet)
    assert known.decode_modes == {"hall": modes(0.1)}
    assert known.note_modes(settled(WHOLE))
    assert known.decode_modes == {"hall": (WHOLE,)}
