"""How much the apps of one namespace may give the planner of a node to look through. Pure.

Each candidate at each rate is a choice, and everybody on the node waits for a plan until all of them were looked
through. So a namespace has a bound, which its apps of greater weight, or older ones, take first.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mainstream.api.reasons import Reason
from mainstream.decide.admission.admit import precedence
from mainstream.decide.refusal import Refusal
from mainstream.planner.problem import SLOW_RATES_FPS
from mainstream.workload.node_workload import PlacedApp

MOST_CHOICES = 100_000
"""candidates by rates, of a namespace on a node: 250 apps of 12 candidates at 33 rates"""
MOST_RATES = 64
"""that are not among those any app may have where it names none: each is a level of its own for everybody's stems"""
MOST_SEGMENTS = 20_000
"""tuned segments of all candidates, which two apps of one package share: 250 apps of 12 candidates of 6 segments"""


@dataclass(frozen=True)
class _Size:
    choices: int = 0
    segments: int = 0
    rates: frozenset[float] = frozenset()
    """uncommon ones"""

    def __add__(self, other: "_Size") -> "_Size":
        return _Size(self.choices + other.choices, self.segments + other.segments, self.rates | other.rates)

    @property
    def fits(self) -> bool:
        small = self.choices <= MOST_CHOICES and self.segments <= MOST_SEGMENTS
        return small and len(self.rates) <= MOST_RATES


def beyond_planning(apps: Iterable[PlacedApp]) -> dict[str, Refusal]:
    """Apps that are too much beside those of their namespace that come first, by key; dry runs come last."""
    taken: dict[str, _Size] = {}
    refused: dict[str, Refusal] = {}
    for placed in sorted(apps, key=lambda each: (each.app.spec.dry_run, precedence(each.app))):
        namespace, size = placed.app.metadata.namespace or "", _size(placed)
        together = taken.get(namespace, _Size()) + size
        if together.fits:
            taken[namespace] = together
        else:
            refused[placed.name] = _too_much(size)
    return refused


def _size(placed: PlacedApp) -> _Size:
    candidates = placed.package.candidates
    segments = sum(len(each.segments) for each in candidates)
    rates = placed.allowed_rates
    uncommon = frozenset(rates).difference(SLOW_RATES_FPS) if placed.app.spec.rates is not None else frozenset()
    return _Size(len(candidates) * len(rates), segments, frozenset(rate for rate in uncommon if rate % 1.0))


def _too_much(size: _Size) -> Refusal:
    return Refusal(
        Reason.TOO_MUCH_TO_PLAN,
        f"The app has {size.choices} choices (candidates by rates), {size.segments} tuned segments and "
        f"{len(size.rates)} rates that are not whole numbers, .1, .2 or .5, and beside the namespace's apps that come "
        f"first (of greater weight, or older) there is no room for them: a node plans {MOST_CHOICES}, {MOST_SEGMENTS} "
        f"and {MOST_RATES} for one namespace; publish the package with fewer candidates, allow fewer rates in "
        "spec.rates, or the same ones as other apps, or suspend another app.",
    )
