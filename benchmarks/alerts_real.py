"""All judges on real scores, and whether any plan of theirs is on for most of the time without events."""

from __future__ import annotations

from alerts_days import quiet_days
from alerts_plaza import SIX, plaza
from alerts_regime import regime
from alerts_stand import Stand
from harness import Report
from trainer_lessons import SPOTS

from mainstream.errors import InvalidInputError
from pools import KNOWN_POOLS, load_pool

MOST_OPEN = 0.5


def real_scores(report: Report) -> None:
    """Every judge whose pictures are there."""
    shares: list[float] = []
    for name in KNOWN_POOLS:
        try:
            stand = Stand(load_pool(name))
        except InvalidInputError as error:
            report.left_out(f"{name}: abstract's regime and quiet days", "as below", str(error))
            continue
        shares += regime(report, stand)
        shares += [day.open_share for day in quiet_days(report, stand)]
    shares += plaza(report, SIX, "plaza", (0, 7, 15))
    shares += plaza(report, SPOTS, "plaza's spots", (0, 15))
    always = sum(share > MOST_OPEN for share in shares)
    report.row(
        f"{len(shares)} planned apps of all judges: on for more than half of the time without events",
        str(always),
        "none",
        not always,
    )
