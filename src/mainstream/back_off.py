"""How long to wait before the next attempt: the one schedule of whatever operator and runners try again."""

import random

_FIRST_S = 0.5
_MOST_S = 30.0
_SPREAD = 0.2
"""so that all nodes do not come at once when what they wait for is back"""


def back_off_s(failures: int, most_s: float = _MOST_S, *, first_s: float = _FIRST_S) -> float:
    """Seconds to wait after so many failures (1 or more) in a row: twice as long each time, give or take a fifth.

    `first_s` after the first, never more than `most_s`.
    """
    doublings = min(failures - 1, 64)
    return min(most_s, first_s * 2.0**doublings) * random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311 - no secret
