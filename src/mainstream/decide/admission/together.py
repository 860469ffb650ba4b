"""Which apps make sense beside each other. Pure.

Each app was tried alone before. What is wrong only between two of them, as when they say different things of what they
share, must not keep everybody else from being planned: whoever comes first stays, and the other one is refused.
"""

from collections.abc import Sequence

from mainstream.api.reasons import Reason
from mainstream.decide.admission.admit import ProblemOf, precedence
from mainstream.decide.refusal import Refusal
from mainstream.errors import MainstreamError
from mainstream.planner.validation import check_problem
from mainstream.workload.node_workload import PlacedApp


def sound_together(
    apps: Sequence[PlacedApp], problem_of: ProblemOf
) -> tuple[tuple[PlacedApp, ...], dict[str, Refusal]]:
    """Apps that can be planned together, in their order, and why others cannot, by key.

    Where nothing is wrong it takes as long as stating the problem once.
    """
    if not apps or _contradiction(apps, problem_of) is None:
        return tuple(apps), {}
    sound: list[PlacedApp] = []
    refused: dict[str, Refusal] = {}
    for placed in sorted(apps, key=lambda placed: precedence(placed.app)):
        if (kind := _contradiction([*sound, placed], problem_of)) is None:
            sound.append(placed)
        else:
            message = (
                f"The package contradicts that of an app which comes first (of greater weight, or older) in what both "
                f"share ({kind}); train it again, or from the same base network."
            )
            refused[placed.name] = Refusal(Reason.CANNOT_BE_USED, message)
    return tuple(placed for placed in apps if placed.name not in refused), refused


def _contradiction(apps: Sequence[PlacedApp], problem_of: ProblemOf) -> str | None:
    """The kind of error alone: its words may name apps of other tenants."""
    try:
        check_problem(problem_of(apps))
    except (MainstreamError, ArithmeticError, LookupError, ValueError) as error:
        return type(error).__name__
    return None
