"""What-if: what everyone would lose or gain if one thing were otherwise. Offline and pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from mainstream.errors import InvalidInputError
from mainstream.laws.cost import Segment
from mainstream.planner.plan import AppPlan, Plan
from mainstream.planner.problem import App, Problem


@dataclass(frozen=True)
class AppChange:
    """One app before and after; null where it is not there."""

    name: str
    before: AppPlan | None
    after: AppPlan | None
    f1_change: Annotated[float, Field(description="F1 after less F1 before; an app that is not there counts as 0.")]
    moved: Annotated[bool, Field(description="Whether it is there on both sides with another candidate or rate.")]


@dataclass(frozen=True)
class WhatIf:
    """Both plans, and app by app what changes; apps in order of loss, the greatest first."""

    before: Plan
    after: Plan
    changes: tuple[AppChange, ...]

    @property
    def lost_by_others(self) -> float:
        """Sum of F1 that those lose who are there before and after (negative: they gain)."""
        return -sum(change.f1_change for change in self.changes if change.before and change.after)


def with_app(problem: Problem, app: App, segments: Iterable[Segment] = ()) -> Problem:
    """The problem with one more app, and the segments that only it brings along."""
    if app.name in {known.name for known in problem.apps}:
        raise InvalidInputError(f"app '{app.name}' is there already; give the new one its own name", field="app.name")
    known = {segment.key for segment in problem.segments}
    brought = tuple(segment for segment in segments if segment.key not in known)
    return replace(problem, apps=(*problem.apps, app), segments=(*problem.segments, *brought))


def without_app(problem: Problem, name: str) -> Problem:
    """The problem with one app less; what it pinned and ran with goes too."""
    if name not in {app.name for app in problem.apps}:
        raise InvalidInputError(f"there is no app '{name}' to take away", field="app.name")
    return replace(
        problem,
        apps=tuple(app for app in problem.apps if app.name != name),
        pins=tuple(pin for pin in problem.pins if pin.app != name),
        running=tuple(entry for entry in problem.running if entry.app != name),
    )


def compare(before: Plan, after: Plan) -> WhatIf:
    """Two plans side by side, app by app."""
    old, new = {app.name: app for app in before.apps}, {app.name: app for app in after.apps}
    changes = [_change(name, old.get(name), new.get(name)) for name in [*old, *(n for n in new if n not in old)]]
    return WhatIf(before, after, tuple(sorted(changes, key=lambda change: change.f1_change)))


def _change(name: str, before: AppPlan | None, after: AppPlan | None) -> AppChange:
    f1_before, f1_after = (0.0 if app is None else app.f1 for app in (before, after))
    moved = before is not None and after is not None and (before.candidate, before.fps) != (after.candidate, after.fps)
    return AppChange(name, before, after, f1_after - f1_before, moved)
