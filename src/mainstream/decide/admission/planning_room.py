"""How much the apps of one namespace may give the planner of a node to look through. Pure.

Each candidate at each rate is a choice, and everybody on the node waits for a plan until all of them were looked
through. So a namespace has a bound, which its apps of greater weight, or older ones, take first.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mainstream.api.reasons import Reason
from mainstream.decide.admission.admit import precedence
from mainstream.decide.refusal import Refusal
from mainstream.workload.node_workload import PlacedApp

MOST_CHOICES = 100_000
"""candidates by rates, of a namespace on a node: 250 apps of 12 candidates at 33 rates"""
MOST_SEGMENTS = 20_000
"""tuned segments of all candidates, which two apps of one package share: 250 apps of 12 candidates of 6 segments"""


@dataclass(frozen=True)
class _Size:
    choices: int = 0
    segments: int = 0

    def __add__(self, other: "_Size") -> "_Size":
        return _Size(self.choices + other.choices, self.segments + other.segments)

    @property
    def fits(self) -> bool:
        return self.choices <= MOST_CHOICES and self.segments <= MOST_SEGMENTS


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
    return _Size(len(candidates) * len(placed.allowed_rates), segments)


def _too_much(size: _Size) -> Refusal:
    return Refusal(
        Reason.TOO_MUCH_TO_PLAN,
        f"The app has {size.choices} choices (candidates by rates) and {size.segments} tuned segments, and beside the "
        f"namespace's apps that come first (of greater weight, or older) there is no room for them: a node plans "
        f"{MOST_CHOICES} and {MOST_SEGMENTS} for one namespace; publish the package with fewer candidates, allow fewer "
        "rates in spec.rates, or suspend another app.",
    )
