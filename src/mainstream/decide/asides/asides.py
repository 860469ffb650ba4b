"""What is asked beside a node's plan: what dry runs would change, and what baselines would give. Pure.

Each takes as long as the plan itself, so whoever rolls the plan out does that first. Where there is no time for all of
them the rest wait, and are found the next time: answers are remembered by what they follow from.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from mainstream.api.reasons import Reason
from mainstream.decide.admission.admit import precedence
from mainstream.decide.asides.baselines import baselines_of
from mainstream.decide.decide import NodeDecision
from mainstream.decide.node_plan import Forecast
from mainstream.decide.planning import Planning
from mainstream.decide.refusal import Refusal
from mainstream.workload.node_workload import PlacedApp

MOST_DRY_RUNS = 8
"""of a node at a time: each takes as long as the node's plan"""
_TOO_MANY = Refusal(
    Reason.TOO_MANY_DRY_RUNS,
    f"A node answers {MOST_DRY_RUNS} dry runs at a time, one namespace after the other, and of each those of greater "
    "weight or older ones first; delete one of them, and this one has its turn.",
)
_UNANSWERED = Refusal(Reason.PREDICTING, "What would happen with it is being worked out.")


@dataclass(frozen=True)
class Answered:
    """A decision with what was asked beside it."""

    decision: NodeDecision
    finished: bool
    """whether that is all"""


def with_asides(
    decision: NodeDecision,
    planning: Planning,
    *,
    baselines: bool,
    enough: Callable[[], bool] = lambda: False,
) -> Answered:
    """The decision with what its dry runs would change, and what baselines would give where that is asked for.

    After each answer about a dry run, so that there is always one more, `enough` says whether the others wait, and
    before baselines, which nobody waits for.
    """
    questions, plan = decision.questions, decision.plan
    if questions is None or plan is None:
        return Answered(decision, True)
    tried = in_turn(questions.tried)
    answered, left = tried[:MOST_DRY_RUNS], tried[MOST_DRY_RUNS:]
    forecasts: dict[str, Forecast] = {}
    waiting = {each.name: _TOO_MANY for each in left}
    for each in answered:
        if forecasts and enough():
            break
        forecasts[each.name] = questions.planner.forecast(plan, questions.asking, each)
    unanswered = {each.name: _UNANSWERED for each in answered if each.name not in forecasts}
    finished = not unanswered and (not baselines or not enough())
    return Answered(
        replace(
            decision,
            forecasts=forecasts,
            refused=decision.refused | _refused(forecasts),
            waiting=decision.waiting | waiting | unanswered,
            baselines=baselines_of(plan, planning) if baselines and finished else decision.baselines,
        ),
        finished,
    )


def in_turn(tried: Iterable[PlacedApp]) -> list[PlacedApp]:
    """Dry runs in the order in which they are answered: the first of each namespace before the second of any."""
    asked: dict[str, int] = {}
    order: list[tuple[int, PlacedApp]] = []
    for each in sorted(tried, key=lambda each: precedence(each.app)):
        namespace = each.app.metadata.namespace or ""
        asked[namespace] = asked.get(namespace, 0) + 1
        order.append((asked[namespace], each))
    return [each for _, each in sorted(order, key=lambda entry: entry[0])]


def _refused(forecasts: dict[str, Forecast]) -> dict[str, Refusal]:
    found = {name: each.after.best.refused.get(name) for name, each in forecasts.items()}
    return {name: refusal for name, refusal in found.items() if refusal is not None}
