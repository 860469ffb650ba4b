"""Whether Mainstream is below a policy is asked of each cell, and of all together, which finds what a cell cannot."""

from typing import Any

from evidence.policies import OURS
from evidence.regimes import below
from photos.intervals import LEVEL, probability_of_no_loss


def cell(ours: float, theirs: float, workloads: int) -> list[dict[str, Any]]:
    def result(f1: float) -> dict[str, Any]:
        return {"apps": [{"f1": f1}]}

    return [{OURS: result(ours), "micro": result(theirs)} for _ in range(workloads)]


def test_a_loss_that_few_workloads_cannot_show_is_found_over_all_cells() -> None:
    cells = [cell(0.90, 0.91, 10), cell(0.90, 0.92, 3), []]
    alone = probability_of_no_loss([0.90] * 3, [0.92] * 3)
    assert alone > LEVEL
    assert below(cells)["micro"] < 0.002
    assert set(below(cells)) == {"micro"}


def test_what_is_ahead_in_one_cell_and_as_far_behind_in_another_is_not_below() -> None:
    assert below([cell(0.95, 0.90, 10), cell(0.90, 0.95, 10)])["micro"] > LEVEL
