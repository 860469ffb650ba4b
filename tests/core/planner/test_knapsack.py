"""One option per app, each with a use of its own."""

import numpy as np
import pytest

from mainstream.planner.exact.bound import Multipliers, Relaxation
from mainstream.planner.exact.box import Box
from mainstream.planner.exact.instance import Instance, Options
from mainstream.planner.exact.knapsack import pack

COSTS = np.array([0.3, 0.1, 0.2, 0.6, 0.5])
APPS = np.array([0, 0, 0, 1, 1])
CHEAPEST = [1, 4]
"""rows of each app's option of lowest cost"""


def cheapest_without_limits() -> Instance:
    """Which options cost least, where neither memory nor the number of changes is limited, and nothing is shared."""
    count = len(APPS)
    nothing = np.zeros(count, dtype=np.int64)
    options = Options(
        app=APPS,
        candidate=np.arange(count),
        rate=nothing,
        segment=nothing - 1,
        level=nothing,
        cover=nothing,
        value=np.zeros(count),
        use=np.column_stack([COSTS, np.zeros((count, 2))]),
    )
    return Instance(
        apps=2,
        weights=np.ones(2),
        options=options,
        parent=np.zeros(0, dtype=np.int64),
        cell_cost=np.zeros((0, 1)),
        rates=np.ones(1),
        limits=np.array([0.0, np.inf, np.inf]),
        group_memory=np.zeros(0),
        covers=np.zeros((1, 0), dtype=bool),
        cheapest=True,
    )


@pytest.mark.parametrize("floor", [-np.inf, -0.7])
def test_with_no_limit_beside_the_budget_everybody_gets_the_cheapest_option(floor: float) -> None:
    instance = cheapest_without_limits()
    relaxation = Relaxation.of(instance, Box.whole(instance), Multipliers.even(instance))
    packing = pack(relaxation, floor, np.zeros(3), lambda: False)
    assert packing is not None
    assert packing.rows is not None
    assert packing.rows.tolist() == CHEAPEST
    assert packing.value == pytest.approx(-COSTS[CHEAPEST].sum())


def test_with_no_limit_beside_the_budget_nothing_is_found_above_what_the_cheapest_cost() -> None:
    instance = cheapest_without_limits()
    relaxation = Relaxation.of(instance, Box.whole(instance), Multipliers.even(instance))
    packing = pack(relaxation, -0.5, np.zeros(3), lambda: False)
    assert packing is not None
    assert packing.rows is None
    assert packing.dropped == pytest.approx(-COSTS[CHEAPEST].sum())
