"""Holds the law of alerts against alerts that are simulated from its own chain.

python benchmarks/alerts.py             # 200 settings, some two minutes
QUICK=1 python benchmarks/alerts.py     # 40 of them
"""

from __future__ import annotations

import sys

import numpy as np
from alerts_quiet import quiet_streams
from harness import QUICK, Report

from mainstream.alerts.synthetic import Compared, compare, random_settings

SETTINGS = 40 if QUICK else 200
DAYS = 200
EVENTS = 1000 if QUICK else 2000
VOTES = np.arange(1, 8)
WITHIN = 0.03


def main() -> int:
    report = Report("alerts", packages=("numpy",))
    compared = [compare(setting, EVENTS, VOTES, seed) for seed, setting in enumerate(random_settings(1, SETTINGS))]
    chain(report, compared)
    replay(report, compared)
    choosing(report, compared)
    quiet_streams(report, DAYS)
    return report.write()


def chain(report: Report, compared: list[Compared]) -> None:
    """How near predicted and simulated F1 are: of the choice that the law plans, and of every choice there is."""
    planned = [(each.predicted.max(), each.simulated.ravel()[each.predicted.argmax()]) for each in compared]
    near = [abs(law - chain) <= WITHIN for law, chain in planned if chain > 0.5]
    report.row(
        f"{len(near)} of {len(compared)} settings with F1 above .5: F1 of the planned choice within .03 of the chain's",
        f"{np.mean(near):.1%}",
        "90 %",
        bool(np.mean(near) >= 0.9),
    )
    law, chain = (np.concatenate([getattr(each, name).ravel() for each in compared]) for name in _SIDES)
    every = np.abs(law - chain)[chain > 0.5] <= WITHIN
    report.row(f"the same of all {len(every)} choices with F1 above .5", f"{every.mean():.1%}", "told", None)


def replay(report: Report, compared: list[Compared]) -> None:
    """How near the law is to what a replay of the same streams tells."""
    planned = [(each.predicted.max(), each.replayed.ravel()[each.predicted.argmax()]) for each in compared]
    near = [abs(law - played) <= WITHIN for law, played in planned if played > 0.5]
    report.row(
        f"{len(near)} settings: F1 that a replay tells of the planned choice within .03 of the law's",
        f"{np.mean(near):.1%}",
        "90 %",
        bool(np.mean(near) >= 0.9),
    )


_SIDES = ("predicted", "simulated")


def choosing(report: Report, compared: list[Compared]) -> None:
    """What choosing threshold and votes by the law loses against the best choice."""
    lost = float(np.mean([each.lost for each in compared]))
    report.row("F1 lost by choosing by the law, mean", f"{lost:.4f}", "at most .01", lost <= 0.01)


if __name__ == "__main__":
    sys.exit(main())
