"""`make bench-alerts`: the law of alerts against alerts simulated from its own chain.

Some ten minutes; QUICK=1 takes 40 of the 200 settings. Parts are law, quiet, few, always. What real scores say stands
in docs/evidence.md (`make bench-evidence`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from alerts.always import loopholes
from alerts.few import few_events
from alerts.quiet import quiet_streams
from common.harness import QUICK, Report
from mainstream.alerts.synthetic import Compared, compare, random_settings
from mainstream.arrays import FloatArray

SETTINGS = 40 if QUICK else 200
DAYS = 200
EVENTS = 1000 if QUICK else 2000
VOTES = np.arange(1, 8)
WITHIN = 0.03
LEAST_F1 = 0.5
"""of a choice that is worth comparing"""


def law_alone(report: Report) -> None:
    """Settings of the law's own chain: how near predicted F1 is to that of a simulation and of a replay, and what
    choosing threshold and votes by the law loses against the best choice."""
    compared = [compare(setting, EVENTS, VOTES, seed) for seed, setting in enumerate(random_settings(1, SETTINGS))]
    near = planned_within(compared, [each.simulated for each in compared])
    report.row(
        f"{len(near)} of {len(compared)} settings with F1 above .5: F1 of the planned choice within .03 of the chain's",
        *share_of(near),
    )
    law = np.concatenate([each.predicted.ravel() for each in compared])
    simulated = np.concatenate([each.simulated.ravel() for each in compared])
    every = np.abs(law - simulated)[simulated > LEAST_F1] <= WITHIN
    report.row(f"the same of all {len(every)} choices with F1 above .5", f"{every.mean():.1%}", "told", None)
    near = planned_within(compared, [each.replayed for each in compared])
    report.row(
        f"{len(near)} settings: F1 that a replay tells of the planned choice within .03 of the law's", *share_of(near)
    )
    lost = float(np.mean([each.lost for each in compared]))
    report.row("F1 lost by choosing by the law, mean", f"{lost:.4f}", "at most .01", lost <= 0.01)


def planned_within(compared: list[Compared], measured: list[FloatArray]) -> list[bool]:
    """Whether F1 of the choice that the law plans is as the law says, where what is `measured` of it is above .5."""
    planned = [
        (each.predicted.max(), of_each.ravel()[each.predicted.argmax()])
        for each, of_each in zip(compared, measured, strict=True)
    ]
    return [bool(abs(law - found) <= WITHIN) for law, found in planned if found > LEAST_F1]


def share_of(near: list[bool]) -> tuple[str, str, bool]:
    """A row's value, target, and whether it is met."""
    return f"{np.mean(near):.1%}", "90 %", bool(np.mean(near) >= 0.9)


PARTS: dict[str, Callable[[Report], None]] = {
    "law": law_alone,
    "quiet": partial(quiet_streams, settings=DAYS),
    "few": few_events,
    "always": loopholes,
}
