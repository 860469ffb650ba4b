"""Systems of the field as policies: which of the same candidates they would run, and how often. Pure.

Simplified in their favour. Both may choose thresholds and votes for each app as Mainstream does, and of all fixed forms
that they could have been built with they get the one that predicts best for the very workload.

- FilterForward (Canel et al., SysML 2019): small classifiers on the map of one layer of a base network that runs once,
  all of them at one frame rate. The paper names the layer by hand.
- Polymorph (adapters on the last layers over a frozen base): in place of low-rank adapters, layers after the latest
  branch-point that is not the last, fine-tuned in full, which can do whatever adapters can; one frame rate.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mainstream.planner import App, Plan, Problem
from mainstream.planner.problem import Candidate
from measure import planned

Rival = Callable[[Problem], Iterator[Problem]]
RATES_FPS = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 15.0, 20.0, 30.0)
"""that somebody would set by hand"""


def filterforward(problem: Problem) -> Iterator[Problem]:
    """A problem for each tap that all apps have heads at."""
    taps = {candidate.branch_point for app in problem.apps for candidate in _micro(app)}
    for tap in sorted(taps):
        kept = [tuple(each for each in _micro(app) if each.branch_point == tap) for app in problem.apps]
        if all(kept):
            yield _with(problem, kept)


def polymorph(problem: Problem) -> Iterator[Problem]:
    """One problem: every app at its last layers."""
    kept = [_last_layers(app) for app in problem.apps]
    if all(kept):
        yield _with(problem, kept)


RIVALS: dict[str, Rival] = {"FilterForward-style": filterforward, "Polymorph-style": polymorph}


def rival_plan(problem: Problem, rival: Rival) -> Plan | None:
    """The best plan, by predicted F1, at one rate for all apps; None where it serves nobody."""
    rates = [rate for rate in RATES_FPS if all(rate in app.allowed_rates for app in problem.apps)]
    plans = [plan for form in rival(problem) for rate in rates if (plan := planned(_at(form, rate))).apps]
    return max(plans, key=_mean_f1, default=None)


def _at(problem: Problem, rate: float) -> Problem:
    return replace(problem, apps=tuple(replace(app, rates=(rate,)) for app in problem.apps))


def _with(problem: Problem, kept: list[tuple[Candidate, ...]]) -> Problem:
    apps = tuple(replace(app, candidates=some) for app, some in zip(problem.apps, kept, strict=True))
    return replace(problem, apps=apps)


def _micro(app: App) -> tuple[Candidate, ...]:
    return tuple(each for each in app.candidates if each.kind == "micro")


def _last_layers(app: App) -> tuple[Candidate, ...]:
    tuned = sorted((each for each in app.candidates if each.kind == "fine-tuned"), key=lambda each: each.branch_point)
    return (tuned[-2],) if len(tuned) > 1 and tuned[-2].branch_point else ()


def _mean_f1(plan: Plan) -> float:
    return sum(app.f1 or 0.0 for app in plan.apps) / len(plan.apps)
