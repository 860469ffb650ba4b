"""One plan out of several choices, each part of the forest by one of them, for cameras that are alike."""

import itertools
import time

import numpy as np
import pytest
from test_shares import instance_of, problem_of, random_rows

from mainstream.planner import solve
from mainstream.planner.exact.assembly import Assembly
from mainstream.planner.exact.bound import CHANGES, COST, MEMORY, true_use
from mainstream.planner.exact.incumbent import keeps_limits, worth
from mainstream.planner.exact.instance import Instance
from mainstream.planner.synthetic import alike_cameras, with_short_memory

CHOICES = 4


def of_parts(instance: Instance, choices: list[np.ndarray]) -> list[np.ndarray]:
    """Every way to have each part by one of the choices."""
    of_app = instance.parts.of_app
    ways = itertools.product(range(len(choices)), repeat=int(of_app.max()) + 1)
    return [np.stack(choices)[np.array(way)[of_app], np.arange(instance.apps)] for way in ways]


def put_together(instance: Instance, choices: list[np.ndarray]) -> np.ndarray:
    """What the assembly makes of the choices: there is a plan, and it keeps every limit."""
    assembly = Assembly(instance)
    for rows in choices:
        assembly.add(rows)
    found = assembly.best()
    assert found is not None
    assert keeps_limits(instance, true_use(instance, instance.options, found))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_no_way_to_put_choices_together_is_worth_more(seed: int) -> None:
    instance, rng = instance_of(problem_of(seed, apps=8, views=4)), np.random.default_rng(seed)
    choices = [random_rows(instance, rng) for _ in range(CHOICES)]
    costs = [true_use(instance, instance.options, rows)[COST] for rows in of_parts(instance, choices)]
    instance.limits[COST] = np.quantile(costs, 0.4)
    found = put_together(instance, choices)
    fitting = [
        rows for rows, cost in zip(of_parts(instance, choices), costs, strict=True) if cost <= instance.limits[COST]
    ]
    slightly_less = [
        worth(instance, rows)
        for rows, cost in zip(of_parts(instance, choices), costs, strict=True)
        if cost <= 0.995 * instance.limits[COST]
    ]
    assert (
        max(slightly_less) - 1e-12 <= worth(instance, found) <= max(worth(instance, rows) for rows in fitting) + 1e-12
    )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("limit", [MEMORY, CHANGES])
def test_memory_and_changes_are_kept_at_little_loss(limit: int, seed: int) -> None:
    instance, rng = instance_of(problem_of(seed, apps=8, views=4)), np.random.default_rng(seed)
    instance.options.use[:, limit] = rng.integers(0, 5, len(instance.options))
    instance.group_memory[:] = 0.0
    choices = [random_rows(instance, rng) for _ in range(CHOICES)]
    ways = of_parts(instance, choices)
    uses = np.array([true_use(instance, instance.options, rows) for rows in ways])
    instance.limits[:] = np.inf
    instance.limits[COST], instance.limits[limit] = np.quantile(uses[:, [COST, limit]], [0.6, 0.3], axis=0).diagonal()
    found = put_together(instance, choices)
    within = [worth(instance, rows) for rows, use in zip(ways, uses, strict=True) if (use <= instance.limits).all()]
    dearest = max(worth(instance, rows) for rows in ways)
    # A price cannot tell apart what lies between two corners of the hull.
    assert worth(instance, found) >= max(within) - 0.2 * (dearest - min(within))


def test_parts_have_nothing_in_common_and_apps_lie_where_their_options_do() -> None:
    instance = instance_of(problem_of(0, apps=8, views=4))
    parts, options = instance.parts, instance.options
    assert parts.several
    shared = options.segment >= 0
    assert (parts.of_segment[options.segment[shared]] == parts.of_app[options.app[shared]]).all()
    below = instance.parent >= 0
    assert (parts.of_segment[instance.parent[below]] == parts.of_segment[below]).all()


def test_what_fits_in_no_way_is_no_plan() -> None:
    instance, rng = instance_of(problem_of(1, apps=8, views=4)), np.random.default_rng(1)
    instance.limits[COST] = 1e-9
    assembly = Assembly(instance)
    assembly.add(random_rows(instance, rng))
    assert assembly.best() is None
    assert Assembly(instance).best() is None


def test_some_cameras_decode_all_and_others_next_to_nothing() -> None:
    plan = solve(alike_cameras(24, 10), gap=0.012, deadline_s=20.0, clock=time.process_time)
    fast = {app.name.split("-app-")[0] for app in plan.apps if app.fps > 0.5}
    assert 10 <= len(fast) <= 16
    assert plan.status == "within-gap"


def test_memory_for_a_tenth_of_the_dear_candidates_leaves_cameras_choices_of_their_own() -> None:
    problem = with_short_memory(alike_cameras(24, 10), 0.1)
    plan = solve(problem, gap=0.02, deadline_s=20.0, clock=time.process_time)
    assert plan.status == "within-gap"
    assert 20 <= sum(app.candidate == "dear" for app in plan.apps) <= 24
