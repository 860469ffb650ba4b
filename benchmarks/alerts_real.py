"""Judges on real scores, pool by pool and clip by clip, and whether a plan is on for most of the quiet time."""

from __future__ import annotations

from collections.abc import Sequence

from alerts_days import quiet_days
from alerts_heads import heads
from alerts_plaza import SIX, plaza
from alerts_regime import regime
from alerts_stand import Stand
from harness import QUICK, Report
from trainer_lessons import SPOTS

from mainstream.errors import InvalidInputError
from pools import load_pool

MOST_OPEN = 0.5


def photos(report: Report, name: str) -> None:
    """The abstract's regime and quiet days of one pool."""
    what = f"{name}: abstract's regime and quiet days"
    if _too_long(report, what):
        return
    try:
        stand = Stand(load_pool(name))
    except InvalidInputError as error:
        report.left_out(what, "as below", str(error))
        return
    heads(report, stand)
    _none_always_on(report, name, [*regime(report, stand), *(day.open_share for day in quiet_days(report, stand))])


def six(report: Report) -> None:
    """The plaza's six apps."""
    if not _too_long(report, "plaza"):
        _none_always_on(report, "plaza", plaza(report, SIX, "plaza", (0, 7, 15)))


def spots(report: Report) -> None:
    """Sixteen apps of short, rare events on the same clip."""
    what = "plaza's spots"
    if not _too_long(report, what):
        _none_always_on(report, what, plaza(report, SPOTS, what, (0, 15)))


def _too_long(report: Report, what: str) -> bool:
    if QUICK:
        report.left_out(what, "see a whole run", "packages take longer to train")
    return QUICK


def _none_always_on(report: Report, what: str, shares: Sequence[float]) -> None:
    always = sum(share > MOST_OPEN for share in shares)
    report.row(
        f"{what}: of {len(shares)} planned apps, those on for more than half of the time without events",
        str(always),
        "none",
        not always,
    )
