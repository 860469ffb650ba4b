"""What plans taught about costs, part by part."""

import numpy as np
import pytest
from runner_apps import node_profile, runner_app, runner_plan

from mainstream.messages.node_profile import BaseProfile, DecodeMode
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.plan_cost import expected_cost
from mainstream_runner.profiling.known_profile import KnownProfile
from mainstream_runner.profiling.lessons import PARTS, Lessons, parts_of, weighted
from mainstream_runner.profiling.minute import Minute
from mainstream_runner.profiling.profiler import FrameCosts, IdleCost

DIGEST = "0" * 64
DEPTH = 6
BASE = BaseProfile(
    digest=DIGEST,
    stem_s=tuple(0.001 * k for k in range(DEPTH + 1)),
    head_s=tuple(0.001 * (DEPTH - k) for k in range(DEPTH + 1)),
    segment_bytes=(1,) * (DEPTH + 1),
    head_bytes=1,
)
PROFILE = node_profile(BASE, decode_s=0.001)


def plan_of(random: np.random.Generator) -> RunnerPlan:
    apps = [
        runner_app(
            f"a{n}", base="tiny", branch_point=int(random.integers(0, DEPTH + 1)), fps=float(random.integers(1, 11))
        )
        for n in range(random.integers(1, 6))
    ]
    return runner_plan(*apps)


def rates_of(plan: RunnerPlan) -> dict[str, float]:
    return {app.name: app.fps for app in plan.apps}


def test_parts_add_up_to_what_a_plan_costs() -> None:
    plan = plan_of(np.random.default_rng(3))
    rates = rates_of(plan)
    parts = parts_of(plan, rates, rates, PROFILE)
    assert parts.sum() + PROFILE.idle == pytest.approx(expected_cost(plan, rates, PROFILE))
    doubled = weighted(PROFILE, dict.fromkeys(PARTS, 2.0))
    assert expected_cost(plan, rates, doubled) == pytest.approx(2 * parts.sum() + PROFILE.idle)


def test_decode_modes_are_corrected_as_decoding_is() -> None:
    mode = DecodeMode(name="keyframes", fps=2.0, used_s=0.004)
    profile = PROFILE.model_copy(update={"decode_modes": {"s": (mode,)}})
    corrected = weighted(profile, dict.fromkeys(PARTS, 1.0) | {"decoding": 1.5})
    assert corrected.decode_modes["s"][0].used_s == pytest.approx(0.006)
    assert corrected.bases == profile.bases


def test_plans_that_weigh_parts_differently_teach_which_part_was_off() -> None:
    """Thirty random plans on a node where heads take half as long again and decoding half as long."""
    truth = weighted(PROFILE, dict.fromkeys(PARTS, 1.0) | {"heads": 1.5, "decoding": 0.5})
    random, lessons = np.random.default_rng(0), Lessons()
    near = {"measured": 0, "taught": 0}
    for _ in range(30):
        plan = plan_of(random)
        rates = rates_of(plan)
        used = expected_cost(plan, rates, truth) * random.normal(1, 0.03)
        for name, profile in (("measured", PROFILE), ("taught", lessons.corrected(PROFILE))):
            near[name] += abs(used / expected_cost(plan, rates, profile) - 1) <= 0.1
        lessons.take(PROFILE, plan, rates, rates, used)
    assert near["measured"] <= 20
    assert near["taught"] >= 25
    assert lessons.ratios["heads"] == pytest.approx(1.5, abs=0.15)
    assert lessons.ratios["decoding"] < 0.9


def test_what_the_machines_speed_explains_is_not_put_down_to_parts_as_well() -> None:
    """Plans on a profile that is right, while the machine is a tenth slower or faster for some minutes: put down to
    parts alone, that tells them apart by three quarters and more."""
    lessons, random, speed = Lessons(), np.random.default_rng(4), 0.0
    off = []
    for _ in range(60):
        speed = 0.8 * speed + 0.06 * random.normal()
        plan = plan_of(random)
        rates = rates_of(plan)
        cost = expected_cost(plan, rates, PROFILE)
        lessons.take(PROFILE, plan, rates, rates, cost * (1 + speed))
        off.append(np.ptp(list(lessons.ratios.values())))
    assert max(off) < 0.4


def test_a_slow_minute_is_forgotten_sooner_than_what_many_minutes_taught() -> None:
    plan = plan_of(np.random.default_rng(3))
    rates = rates_of(plan)
    cost = expected_cost(plan, rates, PROFILE)

    def expected(slow: int) -> float:
        lessons = Lessons()
        for minute in range(slow + 4):
            lessons.take(PROFILE, plan, rates, rates, (1.2 if minute < slow else 1.0) * cost)
        return expected_cost(plan, rates, lessons.corrected(PROFILE)) / cost

    assert expected(1) < 1.05
    assert expected(30) > 1.05


def test_a_later_start_does_not_put_down_to_drift_what_is_corrected_already() -> None:
    """It holds what it times against `timed_s` of the profile that was told last."""
    profile = node_profile(BASE.model_copy(update={"timed_s": 0.01}), decode_s=0.001)
    plan, lessons = plan_of(np.random.default_rng(3)), Lessons()
    rates = rates_of(plan)
    cost = expected_cost(plan, rates, profile)
    for _ in range(30):
        lessons.take(profile, plan, rates, rates, cost)
    lessons.take(profile, plan, rates, rates, 1.2 * cost)
    told = lessons.corrected(profile)
    slower = told.bases["tiny"].timed_s / 0.01
    assert slower > 1.05
    assert expected_cost(plan, rates, told) / cost >= slower


def test_noise_plans_nothing_anew() -> None:
    random, lessons = np.random.default_rng(1), Lessons()
    plan = plan_of(random)
    rates = rates_of(plan)
    cost = expected_cost(plan, rates, PROFILE)
    assert not any(lessons.take(PROFILE, plan, rates, rates, cost * random.normal(1, 0.01)) for _ in range(20))
    assert lessons.corrected(PROFILE).bases == PROFILE.bases


def test_no_part_is_believed_to_be_off_by_more_than_three_times() -> None:
    plan, lessons = plan_of(np.random.default_rng(2)), Lessons()
    rates = rates_of(plan)
    for _ in range(5):
        lessons.take(PROFILE, plan, rates, rates, 100.0)
    assert max(lessons.ratios.values()) == 3.0


def test_a_node_plans_with_what_was_taught_until_it_is_measured_anew() -> None:
    known = KnownProfile(
        bases={"tiny": BASE}, decode_s={"s": 0.001}, frames=FrameCosts(0.002, 0.0001, 1.0), idle=IdleCost(0.01, 1)
    )
    before = known.profile()
    plan = plan_of(np.random.default_rng(3))
    rates = rates_of(plan)
    assert before is not None
    used = 1.3 * expected_cost(plan, rates, before)
    assert known.learn(Minute(plan, rates, rates, used))
    after = known.profile()
    assert after is not None
    assert expected_cost(plan, rates, after) == pytest.approx(used, rel=0.05)
    known.forget()
    assert known.lessons.ratios == dict.fromkeys(PARTS, 1.0)
    assert not known.learn(Minute(plan, rates, rates, used))
