"""How many base networks the apps of one namespace may have a node measure and load. Pure.

Any package may name any network that is installed, cut into as many segments as it likes. Each is measured for some ten
seconds beside everybody's frames, and stays in the runner's memory; so a namespace has a few, those that its apps of
greater weight, or older ones, name.
"""

from collections.abc import Iterable

from mainstream.api.reasons import Reason
from mainstream.decide.admission.admit import precedence
from mainstream.decide.refusal import Refusal
from mainstream.workload.node_workload import PlacedApp

MOST_BASES = 4
"""of a namespace on a node"""


def beyond_bases(apps: Iterable[PlacedApp]) -> dict[str, Refusal]:
    """Apps of base networks beyond the first of their namespace, by key; dry runs come last."""
    named: dict[str, list[str]] = {}
    refused: dict[str, Refusal] = {}
    for placed in sorted(apps, key=lambda each: (each.app.spec.dry_run, precedence(each.app))):
        base, bases = placed.package.base.name, named.setdefault(placed.app.metadata.namespace or "", [])
        if base in bases:
            continue
        if len(bases) < MOST_BASES:
            bases.append(base)
        else:
            refused[placed.name] = _too_many(bases)
    return refused


def _too_many(bases: list[str]) -> Refusal:
    return Refusal(
        Reason.BASE_UNAVAILABLE,
        f"The namespace's apps that come first (of greater weight, or older) use {MOST_BASES} base networks "
        f"({', '.join(each[:64] for each in bases)}), which is as many as a node measures for one namespace; train the "
        "package from one of these, or suspend the apps of one.",
    )
