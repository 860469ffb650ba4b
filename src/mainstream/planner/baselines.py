"""The baselines as problems: same candidates, rates, thresholds and votes, less freedom (docs/design.md, "Baselines").

Invariant: the exact search on what these return is the baseline at its best; and a plan of what they return is a plan
of the original problem with the same cost, but that No-Sharing counts for every app what others would have shared.
"""

from __future__ import annotations

from dataclasses import replace

from mainstream.errors import InvalidInputError
from mainstream.laws.cost import Segment, chain_of
from mainstream.planner.problem import App, Candidate, Problem


def no_sharing(problem: Problem) -> Problem:
    """Every app fine-tuned in full, and nothing shared: each has a private copy of its stem, the view's input too."""
    by_key = {segment.key: segment for segment in problem.segments}
    apps: list[App] = []
    segments: list[Segment] = []
    for i, app in enumerate(problem.apps):
        whole = [candidate for candidate in app.candidates if candidate.branch_point == 0]
        if not whole:
            raise InvalidInputError(
                f"app '{app.name}': has no candidate with nothing frozen, which No-Sharing needs; train branch-point 0",
                field=f"apps[{i}].candidates",
            )
        above = None
        for segment in chain_of(by_key, whole[0].segment):
            above = f"{app.name}/{segment.key}"
            parent = None if segment.parent is None else f"{app.name}/{segment.parent}"
            segments.append(replace(segment, key=above, parent=parent, weights=None))
        apps.append(_only(app, replace(whole[0], segment=above)))
    return _with_apps(replace(problem, segments=tuple(segments)), apps)


def max_sharing(problem: Problem) -> Problem:
    """Every app at its most frozen candidate."""
    apps = [_only(app, max(app.candidates, key=lambda candidate: candidate.branch_point)) for app in problem.apps]
    return _with_apps(problem, apps)


def _only(app: App, candidate: Candidate) -> App:
    return replace(app, candidates=(candidate,))


def _with_apps(problem: Problem, apps: list[App]) -> Problem:
    """A baseline is planned from nothing: pins of branch-points, and what changes cost, say nothing of it."""
    pins = tuple(replace(pin, branch_point=None) for pin in problem.pins)
    return replace(problem, apps=tuple(apps), pins=pins, running=(), max_changes=None)
