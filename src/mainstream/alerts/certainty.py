"""How sure one can be of what was counted on little: 95 % intervals from the number of independent observations."""

from __future__ import annotations

from math import inf, sqrt

from mainstream.times import DAY_S

ENOUGH = 8
"""Events, and quiet stretches of one merge gap, below which what was counted is said to be thin."""
_Z = 1.96


def share_interval(share: float, observations: float, z: float = _Z) -> tuple[float, float]:
    """Of a share of so many independent observations (Wilson, Probable Inference, 1927); [0, 1] without any.

    Of 95 %, or of what the normal law holds within `z` deviations.
    """
    if observations <= 0.0:
        return 0.0, 1.0
    spread = z * z / observations
    centre = share + spread / 2
    half = z * sqrt(share * (1.0 - share) / observations + spread / (4 * observations))
    return max(0.0, (centre - half) / (1.0 + spread)), min(1.0, (centre + half) / (1.0 + spread))


def told_f1(f1: float, interval: tuple[float, float] | None) -> str:
    """An F1 with its 90 % interval, where there is one."""
    return f"{f1:.2f}" if interval is None else f"{f1:.2f} ({interval[0]:.2f} to {interval[1]:.2f})"


def is_thin(observed_events: float, observed_stretches: float) -> bool:
    """Whether too little was observed to be told without saying so."""
    return min(observed_events, observed_stretches) < ENOUGH


def what_helps(observed_events: float, observed_stretches: float) -> str:
    """What would make it surer, by what there is least of."""
    if observed_events <= observed_stretches:
        return "more labelled events would help most"
    return "more footage in which nothing happens would help most"


def least_false_per_day(observed_stretches: float, gap_s: float) -> float:
    """False alerts a day below which so many quiet stretches of `gap_s` seconds cannot tell: one in all that was seen.

    Infinite where nothing quiet was seen.
    """
    seen_s = observed_stretches * gap_s
    return DAY_S / seen_s if seen_s > 0.0 else inf


def quiet_that_tells_s(false_per_day: float) -> float:
    """Seconds of footage without events that can tell so few false alerts a day; infinite for none at all."""
    return DAY_S / false_per_day if false_per_day > 0.0 else inf
