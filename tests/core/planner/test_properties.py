"""What must hold for every plan, on random problems (hypothesis)."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from planner_features import feature_problem

from mainstream.laws.chain import EventStatistics, f1, run_probability
from mainstream.laws.cost import Load, chain_of, cost_of
from mainstream.planner import OperatingPoint, Plan, Problem, solve
from mainstream.planner.answer.whatif import without_app
from mainstream.planner.synthetic import random_problem

GAP = 1e-7
few = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 10_000)


def served(problem: Problem) -> Plan:
    """The plan of a problem that all apps fit into."""
    plan = solve(problem, gap=GAP)
    assume(plan.status != "infeasible")
    return plan


def served_weight(problem: Problem, plan: Plan) -> float:
    return sum(app.weight for app in problem.apps if app.name not in plan.shed)


@few
@given(seed=seeds, more=st.floats(1.0, 3.0))
def test_a_larger_budget_never_lowers_the_optimum(seed: int, more: float) -> None:
    problem = feature_problem(seed)
    less = served(problem)
    assert solve(replace(problem, budget=problem.budget * more), gap=GAP).objective >= less.objective - 2 * GAP


@few
@given(seed=seeds, more=st.floats(1.0, 3.0))
def test_a_larger_budget_never_serves_less_weight(seed: int, more: float) -> None:
    problem = replace(feature_problem(seed), max_changes=None)
    tight = replace(problem, budget=problem.overhead + 0.3 * (problem.budget - problem.overhead))
    loose = replace(tight, budget=tight.budget * more)
    assert served_weight(loose, solve(loose)) >= served_weight(tight, solve(tight)) - 1e-9


@few
@given(seed=seeds)
def test_an_app_that_is_added_never_raises_the_weighted_sum_of_the_others(seed: int) -> None:
    problem = replace(feature_problem(seed), running=(), max_changes=None)
    together = served(problem)
    name = problem.apps[-1].name
    alone = without_app(problem, name)
    weights = {app.name: app.weight for app in alone.apps}
    with_it = sum(weights[app.name] * app.value for app in together.apps if app.name != name)
    without_it = sum(weights[app.name] * app.value for app in served(alone).apps)
    total = sum(app.weight for app in problem.apps)
    assert with_it <= without_it + 2 * GAP * total


@few
@given(seed=seeds)
def test_the_cost_recomputed_from_the_plan_is_within_every_limit(seed: int) -> None:
    problem = feature_problem(seed)
    plan = solve(problem)
    by_key = {segment.key: segment for segment in problem.segments}
    loads = []
    for app, got in zip(problem.apps, plan.apps, strict=True):
        if got.fps is not None:
            candidate = next(c for c in app.candidates if c.name == got.candidate)
            chain = chain_of(by_key, candidate.segment)
            loads.append(Load(app.name, chain, candidate.head_s, candidate.head_bytes, got.fps))
    cost = cost_of(loads, problem.overhead)
    assert cost.total == pytest.approx(plan.cost.total, abs=1e-9)
    if loads:
        assert cost.total <= problem.budget * (1.0 + 1e-11) + 1e-11
    assert cost.memory_bytes <= (problem.memory_bytes or np.inf)
    running = {entry.app: (entry.candidate, entry.fps) for entry in problem.running}
    moved = [a for a in plan.apps if a.fits and a.name in running and (a.candidate, a.fps) != running[a.name]]
    assert len(moved) <= (np.inf if problem.max_changes is None else problem.max_changes)


@few
@given(seed=seeds)
def test_what_a_plan_predicts_follows_from_the_law_of_alerts(seed: int) -> None:
    problem = random_problem(seed, 4, budget=0.2, branch_points=5, thresholds=6)
    for app, got in zip(problem.apps, solve(problem).apps, strict=True):
        candidate = next(c for c in app.candidates if c.name == got.candidate)
        point = next(p for p in candidate.operating_points if p.threshold == got.threshold)
        recall, precise, per_hour = by_the_law(app.events, point, got.fps, got.votes)
        assert got.recall == pytest.approx(recall, abs=1e-9)
        assert got.precision == pytest.approx(precise, abs=1e-9)
        assert got.f1 == pytest.approx(float(f1(recall, precise)), abs=1e-9)
        assert got.false_alerts_per_hour == pytest.approx(per_hour, rel=1e-6, abs=1e-6)


def by_the_law(events: EventStatistics, point: OperatingPoint, fps: float, votes: int) -> tuple[float, float, float]:
    """Recall, precision and false alerts an hour, as docs/design.md writes them down ("Alerts", "Predicted")."""

    def run(hit: float, frames: float) -> float:
        return float(run_probability(hit, frames, votes, events.correlation))

    gap = length = events.length_s
    frames = math.floor(fps * gap + 1e-9)
    late = min(1.0, length / 4)
    alarmed, quiet = run(point.p, fps * length), run(point.e, frames + votes - 1)
    opens = run(point.e, frames + votes) - quiet
    between = max(gap, length * (1 - events.frequency) / events.frequency)
    recall = min(1.0, alarmed * (1 - quiet) + fps * late * opens)
    false = fps * opens * max(0.0, between - alarmed * gap - late)
    precise = recall / (recall + false) if recall + false else 0.0
    return recall, precise, 3600 * events.frequency * false / length


@few
@given(seed=seeds, gap=st.sampled_from([0.0, 1e-6, 1e-4, 1e-2]))
def test_the_bound_is_never_below_the_value_and_the_gap_is_what_was_asked(seed: int, gap: float) -> None:
    plan = solve(feature_problem(seed), gap=gap)
    assert plan.bound is not None
    assert plan.gap is not None
    assert plan.bound >= plan.objective
    assert plan.gap == pytest.approx(plan.bound - plan.objective, abs=1e-12)
    assert plan.gap <= gap + 1e-9
    better = solve(feature_problem(seed), gap=0.0)
    assert better.objective <= plan.bound + 1e-9


@few
@given(seed=seeds, order=st.randoms(use_true_random=False))
def test_the_order_of_apps_and_segments_does_not_matter(seed: int, order) -> None:
    problem = feature_problem(seed)
    apps, segments = list(problem.apps), list(problem.segments)
    order.shuffle(apps)
    order.shuffle(segments)
    shuffled = solve(replace(problem, apps=tuple(apps), segments=tuple(segments)), gap=0.0)
    plan = solve(problem, gap=0.0)
    assert shuffled.objective == pytest.approx(plan.objective, abs=1e-9)
    assert (shuffled.status == "infeasible") == (plan.status == "infeasible")
    assert [app.name for app in shuffled.apps] == [app.name for app in apps]


@few
@given(seed=seeds)
def test_the_same_input_gives_the_same_plan(seed: int) -> None:
    problem = feature_problem(seed)
    assert solve(problem) == solve(problem)


@few
@given(seed=seeds)
def test_mainstream_is_never_below_a_baseline(seed: int) -> None:
    problem = replace(random_problem(seed, 5, branch_points=6, thresholds=5), budget=0.02 + (seed % 17) / 40)
    best = solve(problem, gap=GAP)
    for policy in ("no-sharing", "alone", "max-sharing", "greedy", "greedy-as-coded"):
        other = solve(problem, policy)
        assert len(best.shed) <= len(other.shed)
        if not other.shed:
            assert best.objective >= other.objective - GAP
