"""`make bench-rivals`: Mainstream beside systems of the field (evidence/rivals_of_the_field.py), by alerts on photos.

Workloads, packages and scores are those of the judges of `make bench-alerts`, and are made where they are not yet.
QUICK=1 plays two workloads. With names of pools as arguments (signs, fashion) only those are played.
"""

from __future__ import annotations

import sys
from typing import Any

from harness import QUICK, Report, chosen, on_one_thread

if __name__ == "__main__":
    on_one_thread()

from alerts_regime import WORKLOADS, drawn_problem, kept_path, named, played, said
from alerts_stand import Stand

from cells import Cell, headline, short_events
from intervals import difference_interval
from mainstream.errors import InvalidInputError
from measure import mean_of, result_of
from play import play_plan
from pools import load_pool
from results import kept
from rivals_of_the_field import RIVALS, rival_plan

POOLS = {"signs": "signs", "fashion": "fashion"}


def main(wanted: list[str]) -> int:
    """Measure, print, write; the exit code."""
    report = Report("rivals")
    for pool in chosen(POOLS, wanted):
        try:
            stand = Stand(load_pool(pool))
        except InvalidInputError as error:
            report.left_out(f"{pool}: rivals", "above 0", str(error))
            continue
        for cell in (headline(pool), short_events(pool)):
            _compared(report, cell, stand)
    return report.write()


def _compared(report: Report, cell: Cell, stand: Stand) -> None:
    indices = range(2 if QUICK else WORKLOADS)
    results = [_workload(cell, index, stand) for index in indices]
    what = named(cell, len(results))
    ours = [mean_of(played(cell, index, stand)["mainstream"], "f1") for index in indices]
    for rival in RIVALS:
        known = [i for i, each in enumerate(results) if each[rival]]
        if not known:
            report.left_out(f"{what}: F1 of Mainstream less {rival}", "above 0", "no package has what it needs")
            continue
        theirs = [mean_of(results[i][rival], "f1") for i in known]
        gain = difference_interval([ours[i] for i in known], theirs)
        report.row(
            f"{what}: F1 of Mainstream less {rival}",
            f"{said(gain)} (theirs {sum(theirs) / len(theirs):.3f})",
            "above 0",
            gain.low > 0.0,
        )


def _workload(cell: Cell, index: int, stand: Stand) -> dict[str, Any]:
    """What every rival comes to, kept on disk; empty for one that serves nobody."""

    def make() -> dict[str, Any]:
        drawn, problem = drawn_problem(cell, index, stand)
        came_to: dict[str, Any] = {}
        for name, rival in RIVALS.items():
            plan = rival_plan(problem, rival)
            if plan is None:
                came_to[name] = {}
                continue
            alerts = play_plan(plan.apps, stand.test, drawn.stream, drawn.event_classes, drawn.gaps_s)
            came_to[name] = result_of(plan, alerts, drawn.gaps_s)
        return came_to

    result: dict[str, Any] = kept(kept_path(cell, f"rivals-{index:02d}", stand), make)
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
