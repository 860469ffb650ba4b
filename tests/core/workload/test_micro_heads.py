"""Micro-heads from packages to a runner's orders: one call a tap, named candidates, and apps that go on with them."""

from dataclasses import replace

import pytest

from mainstream.errors import InvalidInputError
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.manifest import Manifest, PackedCandidate
from mainstream.planner import solve
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.kept_app import kept_app
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream.workload.problem import branch_point_of, build_problem
from mainstream.workload.shared_with import shared_counts


def micro(package: Manifest, tap: int, kind: str, width: int = 8) -> PackedCandidate:
    """A micro-head of a package, measured as its deepest candidate was."""
    plain = package.candidates[-1].model_dump(mode="json")
    form = {"kind": kind, "width": width, "map": (8, 10, 10)}
    plain |= {"name": f"{kind}-{tap}-w{width}", "kind": "micro", "branch_point": tap, "head_form": form}
    return PackedCandidate.model_validate(plain)


def with_micro_heads(placed: PlacedApp) -> PlacedApp:
    heads = [
        micro(placed.package, 2, "flat"),
        micro(placed.package, 2, "pooled", 16),
        micro(placed.package, 3, "flat-dw"),
    ]
    ordered = sorted((*placed.package.candidates, *heads), key=lambda each: (each.branch_point, each.name))
    return replace(placed, package=placed.package.model_copy(update={"candidates": tuple(ordered)}))


def knowing_micro_heads(profile: NodeProfile) -> NodeProfile:
    lists = {"call_s": 0.0001, "slot_s": 0.00001, "dw_call_s": 0.0002, "dw_slot_s": 0.00003}
    base = profile.bases["tiny"].model_copy(update={name: (each,) * 4 for name, each in lists.items()})
    return profile.model_copy(update={"bases": {"tiny": base}})


@pytest.fixture
def micro_workload(workload: NodeWorkload) -> NodeWorkload:
    """Two apps with micro-heads beside their fine-tuned candidates."""
    apps = tuple(with_micro_heads(placed) for placed in workload.apps)
    return replace(workload, apps=apps, profile=knowing_micro_heads(workload.profile))


def orders_of(workload: NodeWorkload) -> RunnerPlan:
    return compose_runner_plan(workload, solve(build_problem(workload), "micro-only"))


def test_micro_heads_of_all_apps_at_a_tap_run_in_one_call_below_the_stem(micro_workload: NodeWorkload) -> None:
    problem = build_problem(micro_workload)
    by_key = {segment.key: segment for segment in problem.segments}
    door, lift = ({each.name: each for each in app.candidates} for app in problem.apps)
    flat, pooled, around = (door[name] for name in ("flat-2-w8", "pooled-2-w16", "flat-dw-3-w8"))
    assert flat.segment == pooled.segment == lift["flat-2-w8"].segment
    assert flat.segment != around.segment
    call = by_key[flat.segment or ""]
    assert (call.seconds, call.parent) == (0.0001, door["tuned-2"].segment)
    assert (flat.head_s, pooled.head_s, around.head_s) == pytest.approx((0.00001, 0.00002, 0.00003))
    assert (flat.kind, flat.branch_point, flat.head_bytes, branch_point_of(call.key)) == ("micro", 2, 1000, 2)


def test_a_profile_that_knows_no_micro_heads_is_to_be_measured_again(workload: NodeWorkload) -> None:
    apps = (with_micro_heads(workload.apps[0]),)
    with pytest.raises(InvalidInputError, match=r"does not say what micro-heads cost .* profile it again"):
        build_problem(replace(workload, apps=apps))


def test_a_runner_is_told_head_and_tap_and_no_segments(micro_workload: NodeWorkload) -> None:
    orders = orders_of(micro_workload)
    for placed, app in zip(micro_workload.apps, orders.apps, strict=True):
        packed = placed.package.candidate(app.candidate)
        assert (app.kind, app.segments, app.head, app.head_form) == ("micro", (), packed.head, packed.head_form)
        assert app.prefix_hash == placed.package.prefix_hashes[app.branch_point]
    assert shared_counts(orders) == {app.name: 1 for app in orders.apps}


@pytest.mark.parametrize("known", [True, False])
def test_an_app_goes_on_with_its_micro_head_at_the_same_cost(micro_workload: NodeWorkload, known: bool) -> None:
    orders = orders_of(micro_workload)
    packages = [placed.package for placed in micro_workload.apps] if known else []
    kept = [
        kept_app(placed.app, placed.stream, entry, packages)
        for placed, entry in zip(micro_workload.apps, orders.apps, strict=True)
    ]
    again = compose_runner_plan(micro_workload, solve(build_problem(replace(micro_workload, apps=tuple(kept)))))
    assert [(app.candidate, app.fps) for app in again.apps] == [(app.candidate, app.fps) for app in orders.apps]
    assert again.cost == pytest.approx(orders.cost)
