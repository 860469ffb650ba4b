"""What plans that ran taught about costs: each part of a profile is corrected by itself, not all by one factor. Pure.

A minute of a plan says what all of its parts took together; minutes of several plans, whose parts weigh differently,
say which part was off. That is linear regression with a prior, taken up minute by minute (a Kalman filter): at first
each part is believed to be as measured, give or take three tenths, and a minute to be noisy by a twentieth.

The machine has a speed of its own besides, as others on it, clocks and caches have it: it is alike for all parts, comes
and goes within minutes, and is believed to be within a tenth. What it explains is not put down to a part as well.
"""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from mainstream.arrays import FloatArray
from mainstream.messages.node_profile import BaseProfile, NodeProfile
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.plan_cost import expected_cost

_STEM = ("stem, first third", "stem, second third", "stem, last third")
PARTS = ("decoding", "frame's way", *_STEM, "heads", "calls of micro-heads")
"""that a plan may weigh differently; idling is the same under all"""
_PRIOR = 0.3
_NOISE = 0.05
_DRIFT = 0.01
"""by which a part may have changed since the minute before"""
_SPEED = 0.1
"""by which the machine as a whole may be slower or faster than it is on average"""
_STAYS = 0.8
"""share of that which is left a minute later"""
_LEAST, _MOST = 0.3, 3.0
_TOLD = 0.03
"""share of a plan's cost, below which a correction is kept back: for less nothing is planned anew"""
_Ratios = Mapping[str, float]


class Lessons:
    """Ratios of what parts cost over what the profile says of them; changed by one thread."""

    def __init__(self) -> None:
        # Of each part, and behind them of the machine's speed, which is added to all.
        self._believed: FloatArray = np.append(np.ones(len(PARTS)), 0.0)
        self._covariance: FloatArray = np.diag([_PRIOR**2] * len(PARTS) + [_SPEED**2])
        self._told: FloatArray = np.ones(len(PARTS))
        self._told_speed = 0.0

    @property
    def ratios(self) -> dict[str, float]:
        """By part, as profiles are corrected with."""
        return dict(zip(PARTS, self._told.tolist(), strict=True))

    def take(self, measured: NodeProfile, plan: RunnerPlan, rates: _Ratios, ran: _Ratios, used: float) -> bool:
        """A minute of a plan at achieved rates: CPU-seconds a second that were used, where `measured` is what nothing
        was corrected of yet. Whether profiles are corrected otherwise from now on."""
        parts = parts_of(plan, rates, ran, measured)
        costs = np.append(parts, parts.sum())
        expected = measured.idle + costs @ self._believed
        seen = self._covariance @ costs
        gain = seen / (costs @ seen + (_NOISE * expected) ** 2)
        left = np.append(np.ones(len(PARTS)), _STAYS)
        self._believed = left * (self._believed + gain * (used - expected))
        self._believed[:-1] = np.clip(self._believed[:-1], _LEAST, _MOST)
        changes = [_DRIFT**2] * len(PARTS) + [(1 - _STAYS**2) * _SPEED**2]
        self._covariance = np.outer(left, left) * (self._covariance - np.outer(gain, seen)) + np.diag(changes)
        ratios = np.clip(self._believed[:-1] + self._believed[-1], _LEAST, _MOST)
        if abs(parts @ (ratios - self._told)) <= _TOLD * expected:
            return False
        self._told, self._told_speed = ratios, float(self._believed[-1])
        return True

    def corrected(self, measured: NodeProfile) -> NodeProfile:
        """The profile with each part multiplied by its ratio, and networks timed at the speed that is in it: a later
        start holds its own against that, and would put down to drift once more what is corrected already."""
        corrected = weighted(measured, self.ratios)
        bases = {
            name: base.model_copy(update={"timed_s": (1 + self._told_speed) * base.timed_s})
            for name, base in corrected.bases.items()
        }
        return corrected.model_copy(update={"bases": bases})


def parts_of(plan: RunnerPlan, rates: _Ratios, ran: _Ratios, profile: NodeProfile) -> FloatArray:
    """What each part of a plan costs by the profile (parts,), CPU-seconds a second."""
    alone = [weighted(profile, {each: float(each == part) for each in PARTS}) for part in PARTS]
    return np.array([expected_cost(plan, rates, each, ran) - profile.idle for each in alone])


def weighted(profile: NodeProfile, ratios: _Ratios) -> NodeProfile:
    """The profile with the seconds of each part multiplied."""
    decoding, way = ratios["decoding"], ratios["frame's way"]
    modes = {
        stream: tuple(mode.model_copy(update={"used_s": decoding * mode.used_s}) for mode in each)
        for stream, each in profile.decode_modes.items()
    }
    return profile.model_copy(
        update={
            "decode_s": {stream: decoding * seconds for stream, seconds in profile.decode_s.items()},
            "decode_modes": modes,
            "frame_s": way * profile.frame_s,
            "app_s": way * profile.app_s,
            "bases": {name: _weighted(base, ratios) for name, base in profile.bases.items()},
        }
    )


def _weighted(base: BaseProfile, ratios: _Ratios) -> BaseProfile:
    depth = len(base.stem_s) - 1
    steps = [
        ratios[_STEM[len(_STEM) * number // depth]] * (end - start)
        for number, (start, end) in enumerate(pairwise(base.stem_s))
    ]
    calls = ratios["calls of micro-heads"]
    names = ("call_s", "slot_s", "dw_call_s", "dw_slot_s")
    micro = {name: tuple(calls * each for each in getattr(base, name)) for name in names}
    stem_s = (0.0, *np.cumsum(steps).tolist())
    head_s = tuple(ratios["heads"] * each for each in base.head_s)
    return base.model_copy(update={"stem_s": stem_s, "head_s": head_s, **micro})
