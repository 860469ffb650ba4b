"""The baselines as problems: same candidates, rates, thresholds and votes, less freedom (docs/design.md, "Baselines").

Invariant: the exact search on what these return is the baseline at its best; and a plan of what they return is a plan
of the original problem with the same cost, but that No-Sharing counts for every app what others would have shared.
"""

from __future__ import annotations

from dataclasses import replace

from mainstream.errors import InvalidInputError
from mainstream.laws.cost import chain_of
from mainstream.planner.problem import App, Candidate, CandidateKind, Problem


def no_sharing(problem: Problem) -> Problem:
    """Every app fine-tuned in full, and nothing shared."""
    apps = []
    for i, app in enumerate(problem.apps):
        whole = [candidate for candidate in _of_kind(app, "fine-tuned") if candidate.branch_point == 0]
        if not whole:
            raise _lacks(i, app, "fine-tuned candidate with nothing frozen", "No-Sharing")
        apps.append(replace(app, candidates=(whole[0],)))
    return alone(replace(problem, apps=tuple(apps)))


def alone(problem: Problem) -> Problem:
    """Nothing shared: each candidate has a private copy of its stem, the view's input too.

    A camera is decoded once for all; what has steps stays as it is.
    """
    by_key = {segment.key: segment for segment in problem.segments}
    segments = {key: segment for key, segment in by_key.items() if segment.steps}
    apps: list[App] = []
    for app in problem.apps:
        candidates = []
        for candidate in app.candidates:
            above = None
            for segment in chain_of(by_key, candidate.segment):
                own = segment.key if segment.steps else f"{app.name}/{segment.key}"
                if not segment.steps:
                    segments[own] = replace(segment, key=own, parent=above, weights=None)
                above = own
            candidates.append(replace(candidate, segment=above))
        apps.append(replace(app, candidates=tuple(candidates)))
    return _with_apps(replace(problem, segments=tuple(segments.values())), apps)


def max_sharing(problem: Problem) -> Problem:
    """Every app at its most frozen fine-tuned candidate."""
    apps = []
    for i, app in enumerate(problem.apps):
        tuned = _of_kind(app, "fine-tuned")
        if not tuned:
            raise _lacks(i, app, "fine-tuned candidate", "Max-Sharing")
        apps.append(replace(app, candidates=(max(tuned, key=lambda candidate: candidate.branch_point),)))
    return _with_apps(problem, apps)


def micro_only(problem: Problem) -> Problem:
    """Every app at one of its micro-heads: what they give without fine-tuned candidates beside them."""
    apps = []
    for i, app in enumerate(problem.apps):
        micro = _of_kind(app, "micro")
        if not micro:
            raise _lacks(i, app, "micro-head", "planning micro-heads alone")
        apps.append(replace(app, candidates=micro))
    return _with_apps(problem, apps)


def _of_kind(app: App, kind: CandidateKind) -> tuple[Candidate, ...]:
    return tuple(candidate for candidate in app.candidates if candidate.kind == kind)


def _lacks(index: int, app: App, what: str, baseline: str) -> InvalidInputError:
    message = f"app '{app.name}': has no {what}, which {baseline} needs; train it with one (not with --quick)"
    return InvalidInputError(message, field=f"apps[{index}].candidates")


def _with_apps(problem: Problem, apps: list[App]) -> Problem:
    """A baseline is planned from nothing: pins of candidates, and what changes cost, say nothing of it."""
    pins = tuple(replace(pin, candidate=None) for pin in problem.pins)
    return replace(problem, apps=tuple(apps), pins=pins, running=(), max_changes=None)
