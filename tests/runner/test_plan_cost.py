"""What a plan costs by the profile, and what the runner makes of it while it runs."""

import pytest
from runner_apps import node_profile, runner_app, runner_plan

from mainstream.head_form import HeadForm
from mainstream.messages.node_profile import BaseProfile
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan, ViewGate
from mainstream.mpackage.manifest import Blob, PrivateSegment
from mainstream_runner.plan_cost import expected_cost
from mainstream_runner.pod.cost_ratio import CostRatio

DIGEST = "0" * 64
BLOB = Blob(sha256=DIGEST, size_bytes=1)
BASE = BaseProfile(
    digest=DIGEST, stem_s=(0.0, 0.001, 0.003), head_s=(0.004, 0.0025, 0.0), segment_bytes=(0, 1, 1), head_bytes=1
)
PROFILE = node_profile(BASE, decode_s=0.0005)
REST = 0.01 + 10 * 0.0005


def app(name: str, branch_point: int, private: str = "") -> RunnerApp:
    return runner_app(
        name,
        base="tiny",
        branch_point=branch_point,
        segments=tuple(
            PrivateSegment(branch_point=k, prefix_hash=f"{private or name}{k}".encode().hex().rjust(64, "0"), blob=BLOB)
            for k in range(branch_point, 2)
        ),
        fps=5.0,
    )


def test_a_shared_stem_costs_once_at_the_highest_rate_and_every_app_its_own() -> None:
    cost = expected_cost(runner_plan(app("a", 2), app("b", 1)), {"a": 2.0, "b": 5.0}, PROFILE)
    stem = 0.002 * 5 + 0.001 * 5 + 0.002 * 2
    assert cost == pytest.approx(REST + stem + 0.0001 * 2 + (0.0025 + 0.0001) * 5)


def test_a_private_stem_of_two_apps_costs_once() -> None:
    cost = expected_cost(runner_plan(app("a", 1, "t"), app("b", 1, "t")), {"a": 2.0, "b": 2.0}, PROFILE)
    assert cost == pytest.approx(REST + (0.002 + 0.003) * 2 + 2 * 0.0001 * 2)


def test_without_sharing_every_app_pays_for_its_whole_network_and_frame() -> None:
    cost = expected_cost(runner_plan(app("a", 2), app("b", 2), sharing=False), {"a": 2.0, "b": 2.0}, PROFILE)
    assert cost == pytest.approx(REST + 2 * (0.002 + 0.003 + 0.0001) * 2)


def micro(name: str, kind: str, width: int = 8) -> RunnerApp:
    """At branch-point 1."""
    form = HeadForm(kind=kind, width=width, map=(8, 4, 4))  # type: ignore[arg-type]
    return runner_app(name, base="tiny", kind="micro", branch_point=1, head_form=form, fps=5.0)


def test_micro_heads_at_one_tap_pay_for_their_call_once_at_the_highest_rate() -> None:
    lists = {"call_s": 0.0002, "slot_s": 0.00001, "dw_call_s": 0.0003, "dw_slot_s": 0.00002}
    base = BASE.model_copy(update={key: (each,) * 3 for key, each in lists.items()})
    profile = PROFILE.model_copy(update={"bases": {"tiny": base}})
    plan = runner_plan(micro("a", "flat"), micro("b", "pooled", 16), micro("c", "flat-dw"), app("d", 2))
    cost = expected_cost(plan, {"a": 2.0, "b": 5.0, "c": 1.0, "d": 1.0}, profile)
    stem = (0.002 + 0.001) * 5 + 0.002 * 1
    heads = 0.0002 * 5 + 0.00001 * 2 + 0.00002 * 5 + (0.0003 + 0.00002) * 1
    assert cost == pytest.approx(REST + stem + heads + 0.0001 * (2 + 5 + 1 + 1))


def test_an_app_that_analyses_nothing_costs_nothing() -> None:
    assert expected_cost(runner_plan(app("a", 0)), {}, PROFILE) == pytest.approx(REST)


def test_the_ratio_is_that_of_the_last_minute() -> None:
    ratio, served = CostRatio(), runner_plan(app("a", 2))
    cost = expected_cost(served, {"a": 5.0}, PROFILE)
    for second in range(200):
        slow = max(0, second - 100) * cost  # from second 100 on everything takes twice as long
        ratio.sample(second, second * cost + slow, {"a": 5 * second}, {}, served, PROFILE)
        if second < 60:
            assert ratio.value() is None
        elif second <= 100:
            assert ratio.value() == pytest.approx(1.0)
    assert ratio.value() == pytest.approx(2.0)


def test_another_plan_starts_the_minute_anew() -> None:
    ratio = CostRatio()
    for second in range(100):
        served = runner_plan(app("a", 2) if second < 90 else app("a", 1))
        ratio.sample(second, second * 0.1, {"a": 5 * second}, {}, served, PROFILE)
    assert ratio.value() is None


def gated(*apps: RunnerApp, duty: float) -> RunnerPlan:
    return runner_plan(*apps, gate=ViewGate(duty=duty, moving_cost=0.1))


def test_behind_a_gate_networks_cost_their_duty_and_looks_what_they_did() -> None:
    plan, rates = gated(app("a", 2), app("b", 1), duty=0.25), {"a": 2.0, "b": 5.0}
    look = 0.002 * 5 + 0.0001 * 2 + 0.0001 * 5
    networks = 0.001 * 5 + 0.002 * 2 + 0.0025 * 5
    assert expected_cost(plan, rates, PROFILE) == pytest.approx(REST + look + 0.25 * networks)
    everything = expected_cost(plan, rates, PROFILE, ran=rates)
    assert everything == pytest.approx(REST + look + networks)
    assert expected_cost(plan, rates, PROFILE, ran={"a": 0.0, "b": 0.0}) == pytest.approx(REST + look)


def test_the_ratio_knows_on_how_many_looks_networks_ran() -> None:
    ratio, served = CostRatio(), gated(app("a", 2), duty=0.5)
    used = expected_cost(served, {"a": 5.0}, PROFILE, ran={"a": 1.0})
    for second in range(61):
        ratio.sample(second, second * used, {"a": 5 * second}, {"a": 4 * second}, served, PROFILE)
    assert ratio.value() == pytest.approx(1.0)


def test_each_minute_of_a_plan_teaches_once() -> None:
    ratio, served = CostRatio(), gated(app("a", 2), duty=0.5)
    lessons = []
    for second in range(200):
        ratio.sample(second, 0.3 * second, {"a": 5 * second}, {"a": 4 * second}, served, PROFILE)
        lessons += [] if (minute := ratio.lesson()) is None else [(second, minute)]
    assert [second for second, _ in lessons] == [60, 120, 180]
    assert lessons[0][1].used == pytest.approx(0.3)
    assert (lessons[0][1].rates, lessons[0][1].ran) == ({"a": 5.0}, {"a": 1.0})
