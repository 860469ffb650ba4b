"""A base network that cannot be had is tried again ever later, and keeps no other one from being measured."""

import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mainstream.errors import MainstreamError
from mainstream.messages.runner_orders import Wanted
from mainstream_runner.pod.following import profile_follower
from mainstream_runner.pod.following.profile_follower import ProfileFollower
from mainstream_runner.pod.orders import Orders

WAIT_S = 20.0


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(profile_follower, "time", made)
    return made


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Base networks in the order in which they were measured; of those called "none" there is none."""
    order: list[str] = []

    class Profiler:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def part_costs(self, base: str) -> object:
            order.append(base)
            if base.startswith("none"):
                raise MainstreamError("is not installed")
            return SimpleNamespace(back_end="torch")

        def idle(self) -> float:
            return 0.0

        def frame_costs(self, *_: object) -> object:
            return SimpleNamespace(scale=1.0)

    monkeypatch.setattr(profile_follower, "Profiler", Profiler)
    monkeypatch.setattr(profile_follower, "CameraDriver", lambda *_: None)
    monkeypatch.setattr(profile_follower, "fit_base", lambda parts, _scale: parts)
    return order


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProfileFollower:
    cameras = SimpleNamespace(decoding=lambda: "a camera")
    pipeline: Any = SimpleNamespace(cameras=cameras, adopt=lambda *_: None)
    cpu: Any = None
    made = ProfileFollower(tmp_path / "profile.json", tmp_path, 0, pipeline, cpu)
    monkeypatch.setattr(type(made.known), "keep", lambda *_: None)
    return made


def settle(follower: ProfileFollower, *bases: str) -> None:
    """Step until nothing is measured any more."""
    orders = Orders(wanted=Wanted(bases=bases))
    end_s = time.monotonic() + WAIT_S
    for _ in range(3):
        follower.step(orders, plan_is_settled=True)
        while follower.is_busy and time.monotonic() < end_s:
            time.sleep(0.005)
            follower.step(orders, plan_is_settled=True)
    assert not follower.is_busy


def test_what_cannot_be_had_is_tried_ever_later_and_told_all_the_while(
    follower: ProfileFollower, tried: list[str], clock: Clock
) -> None:
    settle(follower, "none-1")
    tries = [clock.now_s]
    while clock.now_s < 1000.0 + 3600.0:
        clock.now_s += 5.0
        before = len(tried)
        settle(follower, "none-1")
        tries += [clock.now_s] * (len(tried) - before)
        assert follower.unavailable == {"none-1": "is not installed"}
    assert 5 <= len(tries) <= 12, "once in ten seconds it would be 360 times"
    apart = [after - before for before, after in pairwise(tries)]
    assert apart[-1] > 10 * apart[0]


def test_another_base_network_is_measured_meanwhile(follower: ProfileFollower, tried: list[str], clock: Clock) -> None:
    settle(follower, "none-1")
    clock.now_s += 30.0
    settle(follower, "none-1", "tiny")
    assert "tiny" in tried
    assert "tiny" in follower.known.bases
    assert follower.unavailable == {"none-1": "is not installed"}


def test_one_that_is_named_anew_is_tried_no_sooner_and_forgotten_where_nobody_names_it_for_long(
    follower: ProfileFollower, tried: list[str], clock: Clock
) -> None:
    settle(follower, "none-1")
    settle(follower)
    settle(follower, "none-1")
    assert tried == ["none-1"]
    assert follower.unavailable == {"none-1": "is not installed"}
    clock.now_s += 30.0
    settle(follower)
    assert follower.unavailable == {}
