"""Every policy that is compared: the published ones, parts of Mainstream alone, and systems of the field. Pure.

Rivals are simplified in their favour. They may choose thresholds and votes for each app as Mainstream does, and of all
fixed forms that they could have been built with they get the one that predicts best for the very workload.

- FilterForward (Canel et al., SysML 2019): small classifiers on the map of one layer of a base network that runs once,
  all of them at one frame rate. The paper names the layer by hand.
- Polymorph (adapters on the last layers over a frozen base): in place of low-rank adapters, all layers after the latest
  branch-point that packages have but the last, fine-tuned in full, which can do whatever adapters can; one frame rate.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from mainstream.errors import InvalidInputError
from mainstream.planner import App, Plan, Policy, Problem, solve
from mainstream.planner.problem import Candidate, CandidateKind
from mainstream.planner.solve import DEFAULT_DEADLINE_S

GAP = 1e-4
Planner = Callable[[Problem, float], Plan | None]
"""of a problem, in so many seconds; None where it serves nobody"""


def planned(problem: Problem, deadline_s: float = DEFAULT_DEADLINE_S, *, policy: Policy = "mainstream") -> Plan:
    """The plan of a policy; its deadline is one of CPU time, so that whoever else is busy here changes no plan."""
    return solve(problem, policy=policy, deadline_s=deadline_s, gap=GAP, clock=time.process_time)


def as_published(problem: Problem) -> Problem:
    """What the authors' policies choose from: rates and branch-points. A first hit reports, at one threshold."""
    return first_hit(middle_threshold(problem))


def first_hit(problem: Problem) -> Problem:
    """Votes 1 for every app."""
    return replace(problem, apps=tuple(replace(app, votes=(1,)) for app in problem.apps))


def middle_threshold(problem: Problem) -> Problem:
    """The threshold nearest to 1/2 for every candidate."""

    def of_candidate(candidate: Candidate) -> Candidate:
        points = candidate.replayed or candidate.operating_points
        middle = min((point.threshold for point in points), key=lambda threshold: abs(threshold - 0.5))
        return replace(
            candidate,
            operating_points=tuple(each for each in candidate.operating_points if each.threshold == middle),
            replayed=tuple(each for each in candidate.replayed if each.threshold == middle),
        )

    return _with(problem, [tuple(of_candidate(each) for each in app.candidates) for app in problem.apps])


def of_kind(problem: Problem, kind: CandidateKind) -> Problem:
    """Candidates of one kind alone."""
    return _with(problem, [_of_kind(app, kind) for app in problem.apps])


def filterforward(problem: Problem) -> Iterator[Problem]:
    """A problem for each tap that all apps have heads at."""
    taps = {candidate.branch_point for app in problem.apps for candidate in _of_kind(app, "micro")}
    for tap in sorted(taps):
        kept = [tuple(each for each in _of_kind(app, "micro") if each.branch_point == tap) for app in problem.apps]
        if all(kept):
            yield _with(problem, kept)


def polymorph(problem: Problem) -> Iterator[Problem]:
    """One problem: every app at its last layers."""
    kept = [_last_layers(app) for app in problem.apps]
    if all(kept):
        yield _with(problem, kept)


def at_one_rate(
    forms: Callable[[Problem], Iterator[Problem]], problem: Problem, deadline_s: float = DEFAULT_DEADLINE_S
) -> Plan | None:
    """The best plan of these forms, by predicted F1, at one rate for all apps."""
    common = set.intersection(*(set(app.allowed_rates) for app in problem.apps))
    plans = []
    for form in forms(problem):
        for rate in sorted(common):
            apps = tuple(replace(app, rates=(rate,)) for app in form.apps)
            if (plan := planned(replace(form, apps=apps), deadline_s)).apps:
                plans.append(plan)
    return max(plans, key=lambda plan: plan.mean_f1, default=None)


def _with(problem: Problem, kept: list[tuple[Candidate, ...]]) -> Problem:
    apps = tuple(replace(app, candidates=some) for app, some in zip(problem.apps, kept, strict=True))
    return replace(problem, apps=apps)


def _of_kind(app: App, kind: CandidateKind) -> tuple[Candidate, ...]:
    return tuple(each for each in app.candidates if each.kind == kind)


def _last_layers(app: App) -> tuple[Candidate, ...]:
    tuned = sorted(_of_kind(app, "fine-tuned"), key=lambda each: each.branch_point)
    return (tuned[-2],) if len(tuned) > 1 and tuned[-2].branch_point else ()


OURS = "mainstream"
PLANNERS: dict[str, Planner] = {
    OURS: planned,
    "no-sharing": partial(planned, policy="no-sharing"),
    "max-sharing": partial(planned, policy="max-sharing"),
    "max-sharing-published": lambda problem, limit_s: planned(as_published(problem), limit_s, policy="max-sharing"),
    "greedy": partial(planned, policy="greedy"),
    "micro": partial(planned, policy="micro-only"),
    "fine-tuned": lambda problem, limit_s: planned(of_kind(problem, "fine-tuned"), limit_s),
    "filterforward": partial(at_one_rate, filterforward),
    "polymorph": partial(at_one_rate, polymorph),
}
TITLES = {
    OURS: "Mainstream",
    "no-sharing": "No-Sharing",
    "max-sharing": "Max-Sharing",
    "max-sharing-published": "Max-Sharing as published",
    "greedy": "paper's greedy",
    "micro": "micro-heads only",
    "fine-tuned": "fine-tuned only",
    "filterforward": "FilterForward-style",
    "polymorph": "Polymorph-style",
}
BASELINES = tuple(name for name in PLANNERS if name != OURS)


def plan_or_none(name: str, problem: Problem, deadline_s: float = DEFAULT_DEADLINE_S) -> Plan | None:
    """The plan of a policy; None where packages lack what it needs."""
    try:
        return PLANNERS[name](problem, deadline_s)
    except InvalidInputError:
        return None
