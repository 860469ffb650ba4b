"""How long to wait before the next attempt: the one schedule of whatever a runner tries again."""

import random

_WAITS_S = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
_SPREAD = 0.2
"""so that all nodes do not come at once when what they wait for is back"""


def back_off_s(failures: int, most_s: float = _WAITS_S[-1]) -> float:
    """Seconds to wait after so many failures (1 or more) in a row; at most `most_s`, give or take a fifth."""
    wait_s = min(_WAITS_S[min(failures, len(_WAITS_S)) - 1], most_s)
    return wait_s * random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311 - spread, not a secret
