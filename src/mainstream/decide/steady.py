"""Last step: an app is moved off what it runs with only where that gains more than the switch costs. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from mainstream.errors import InvalidInputError
from mainstream.planner import Pin, Plan, Problem, Running, Switching

Solve = Callable[[Problem], Plan]

GAP = 1e-4
"""of the objective: nobody can measure less, and the planner need not prove more"""
_STAYS = "a change would gain less than switching costs"


def steady_plan(problem: Problem, best: Plan, running: Sequence[Running], switching: Switching, solve: Solve) -> Plan:
    """The plan to roll out where `running` is what runs, and `best` is the best plan if nothing ran yet.

    Its objective is lower than that of `best` by at most what switching costs, and `GAP`. Applied to what it answered,
    it answers the same: whatever runs is as far from any other plan as it costs to switch.
    """
    known = _known(problem, running)
    if not known or (switching.candidate <= 0 and switching.fps <= 0):
        return best
    if all(_runs_with(best, entry) for entry in known):
        return best
    moved = solve(replace(problem, running=known, switching=switching))
    kept = _kept(problem, best, known, solve) if len(known) == len(problem.apps) else None
    return moved if kept is None or moved.objective > kept.objective + GAP else kept


def _known(problem: Problem, running: Sequence[Running]) -> tuple[Running, ...]:
    """What runs of the problem's apps, as far as it is still to be had."""
    apps = {app.name: app for app in problem.apps}
    return tuple(
        entry
        for entry in running
        if entry.app in apps
        and entry.fps in apps[entry.app].allowed_rates
        and any(candidate.name == entry.candidate for candidate in apps[entry.app].candidates)
    )


def _runs_with(plan: Plan, entry: Running) -> bool:
    got = plan.app(entry.app)
    return (got.candidate, got.fps) == (entry.candidate, entry.fps)


def _kept(problem: Problem, best: Plan, running: Sequence[Running], solve: Solve) -> Plan | None:
    """The plan in which everybody stays, with the best thresholds and votes; None where that is not to be had now."""
    pins = tuple(Pin(entry.app, entry.candidate, entry.fps) for entry in running)
    try:
        plan = solve(replace(problem, pins=pins))
    except InvalidInputError:
        return None
    if plan.shed:
        return None
    apps = tuple(replace(app, why=f"{app.why.split(':')[0]}: {_STAYS}") for app in plan.apps)
    gap = None if best.bound is None else max(0.0, best.bound - plan.objective)
    return replace(plan, apps=apps, bound=best.bound, gap=gap)
