"""Third step: who may run on a node at all. Pure.

It follows from specs, weights and creation times, never from who came before.

Apps are asked in order: greater weight first, of equal weight the older first, then by name. Each is admitted if it and
everybody admitted before it can have their minimum within the budget. So nobody is shed for an app that counts less,
and a node that shrinks sheds the same apps whatever it ran until now.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mainstream.api import VideoApp
from mainstream.api.reasons import Reason
from mainstream.decide.bounded_planning import BoundedPlanning
from mainstream.decide.refusal import Refusal
from mainstream.planner import Problem
from mainstream.planner.answer.wording import measure_of
from mainstream.workload.node_workload import PlacedApp

Fits = Callable[[Problem], bool]
"""whether all apps of a problem can have their minimum"""

ProblemOf = Callable[[Sequence[PlacedApp]], Problem]
"""the planner's problem of some of the apps"""

MOST_EXPLAINED = 16
"""apps whose conditions say how much is missing: finding that takes as long as a dozen admissions"""
MOST_OF_NAMESPACE = 1600
"""steps that asking for the apps of one namespace may take; those of its apps that come after are not admitted"""
EXPLAINED_PART = 0.5
"""of these steps, after which its conditions say less"""
_HALVING_STEPS = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = 0.005
"""to which a shortfall of a metric is stated"""
_BUDGET_STEPS = 10
"""halvings until the missing budget is stated"""


@dataclass(frozen=True)
class TurnedAway:
    """Why an app is not admitted; one of the figures is given, or none where that was not looked for."""

    others: int
    """apps that come before it"""
    below_minimum: float | None = None
    """by how much at least one of the others would have to go below its minimum"""
    metric: str = "f1"
    """of alerts: what that minimum, or its own, is of; "metric" where the others' differ"""
    own_minimum: float | None = None
    """the minimum that it cannot reach beside the others"""
    missing_budget: float | None = None
    """CPU-seconds per second that lack even with nobody's minimum"""
    out_of_memory: bool = False
    """it is memory that lacks, even with nobody's minimum"""
    asked: bool = True
    """whether it was looked at: the apps of its namespace that come first took as long as there is for all of them"""


@dataclass(frozen=True)
class Admission:
    """Who is in, in the order of the workload; who is not, and why."""

    admitted: tuple[PlacedApp, ...]
    turned_away: dict[str, TurnedAway]


def precedence(app: VideoApp) -> tuple[float, datetime, str]:
    """The order in which apps are asked, as a key to sort by."""
    return (-app.spec.objective.weight, app.metadata.creation_timestamp or _EPOCH, app.key)


def admit(
    apps: Sequence[PlacedApp],
    problem_of: ProblemOf,
    planning: BoundedPlanning,
    *,
    first: Collection[str] = (),
    explained: int = MOST_EXPLAINED,
) -> Admission:
    """Admit apps in order, those named `first` before all others; where all fit it takes as long as one question.

    Asking takes each namespace's own steps, so that apps which are hard to decide about cost their own neighbours
    alone. Of the first `explained` that are not admitted it is looked for what is missing.
    """
    ordered = sorted(apps, key=lambda placed: (placed.name not in first, precedence(placed.app)))
    if not ordered or planning.fits(problem_of(ordered)):
        return Admission(tuple(apps), {})
    # Fewer apps never need more: the longest beginning that fits is found by halving.
    low, high = 0, len(ordered)
    while high - low > 1:
        middle = (low + high) // 2
        fits = planning.fits(problem_of(ordered[:middle]), _HALVING_STEPS)
        low, high = (middle, high) if fits else (low, middle)
    admitted = ordered[:low]
    turned_away: dict[str, TurnedAway] = {}
    taken: Counter[str] = Counter()
    for placed in ordered[low:]:
        namespace, began = placed.app.metadata.namespace or "", planning.taken
        if taken[namespace] >= MOST_OF_NAMESPACE:
            turned_away[placed.name] = TurnedAway(len(admitted), asked=False)
        elif planning.fits(problem_of([*admitted, placed])):
            admitted.append(placed)
        elif len(turned_away) < explained and taken[namespace] < EXPLAINED_PART * MOST_OF_NAMESPACE:
            turned_away[placed.name] = _why(problem_of, admitted, placed, planning.fits)
        else:
            turned_away[placed.name] = TurnedAway(len(admitted))
        taken[namespace] += planning.taken - began
    names = {placed.name for placed in admitted}
    return Admission(tuple(placed for placed in apps if placed.name in names), turned_away)


def _why(problem_of: ProblemOf, before: Sequence[PlacedApp], placed: PlacedApp, fits: Fits) -> TurnedAway:
    problem = problem_of([*before, placed])
    own = placed.app.spec.objective.minimum
    others = {each.name: each.app.spec.objective.minimum for each in before}

    def lowered(by: float, own: float = own) -> bool:
        return fits(_with_minimums(problem, {placed.name: own} | {name: least - by for name, least in others.items()}))

    if others and lowered(1.0):
        low, high = 0.0, 1.0
        while high - low > _STEP:
            middle = (low + high) / 2
            low, high = (low, middle) if lowered(middle) else (middle, high)
        metrics = {each.app.spec.objective.metric for each in before}
        return TurnedAway(len(before), below_minimum=high, metric=metrics.pop() if len(metrics) == 1 else "metric")
    if lowered(1.0, own=0.0):
        return TurnedAway(len(before), own_minimum=own, metric=placed.app.spec.objective.metric)
    bare = _with_minimums(problem, dict.fromkeys([placed.name, *others], 0.0))
    if bare.memory_bytes is not None and fits(replace(bare, memory_bytes=None)):
        return TurnedAway(len(before), out_of_memory=True)
    return TurnedAway(len(before), missing_budget=_missing(bare, fits))


def _missing(problem: Problem, fits: Fits) -> float:
    """By how much the budget is too small, from above."""
    low = high = max(problem.budget, 1e-3)
    while not fits(replace(problem, budget=high)) and high < 1e6 * low:
        high *= 2
    for _ in range(_BUDGET_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if fits(replace(problem, budget=middle)) else (middle, high)
    return high - problem.budget


def _with_minimums(problem: Problem, minimums: Mapping[str, float]) -> Problem:
    apps = tuple(
        replace(app, objective=replace(app.objective, minimum=max(minimums[app.name], 0.0) or None))
        for app in problem.apps
    )
    return replace(problem, apps=apps)


WAY_OUT_OF_BUDGET = "Raise the EdgeNode's budget, lower or suspend other apps, or allow lower rates."


def why_turned_away(why: TurnedAway) -> Refusal:
    """The same for people."""
    who = "the app that comes" if why.others == 1 else f"the {why.others} apps that come"
    beside = f"{who} first (of greater weight, or older)"
    with_others = f"Beside {beside}" if why.others else "Even alone"
    measure = measure_of(why.metric)
    if why.below_minimum is not None:
        one = beside if why.others == 1 else f"one of {beside}"
        message = f"Not admitted: with it, {one} would fall {why.below_minimum:.2f} below its minimum {measure}."
        return Refusal(Reason.OTHERS_BELOW_MINIMUM, f"{message} {WAY_OUT_OF_BUDGET}")
    if why.own_minimum is not None:
        message = f"Its minimum {measure}, {why.own_minimum:g}, cannot be reached {with_others.lower()}."
        return Refusal(Reason.DOES_NOT_FIT, f"{message} {WAY_OUT_OF_BUDGET}")
    if why.out_of_memory:
        message = f"{with_others}, its networks do not fit into the runner's memory; raise spec.runner.memoryMebibytes."
        return Refusal(Reason.DOES_NOT_FIT, message)
    if not why.asked:
        message = (
            "Not admitted: the namespace's apps that come first (of greater weight, or older) took as long to decide "
            "about as there is for one namespace; lower their minimums, or delete those that are not admitted."
        )
        return Refusal(Reason.DOES_NOT_FIT, message)
    if why.missing_budget is None:
        message = f"Not admitted beside {beside}: an app that comes before it was not admitted either."
        return Refusal(Reason.DOES_NOT_FIT, f"{message} {WAY_OUT_OF_BUDGET}")
    missing = f"{why.missing_budget:.3f} CPU-seconds per second are missing even at everybody's lowest rate"
    return Refusal(Reason.DOES_NOT_FIT, f"{with_others}, {missing}. {WAY_OUT_OF_BUDGET}")
