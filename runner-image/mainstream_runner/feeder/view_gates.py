"""The gates of the plan's views: who runs on a look, how much of the time each view moves, and at what pace all look.

A camera's thread shows its own looks, senders tell what did not run after all; each app is called by what makes its
scores, so that a plan which changes no more than rates lets them stand.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mainstream.laws.gate import Gate, grey
from mainstream_runner.feeder.routing import Routing, ViewKey

_WINDOW_S = 300.0
_WINDOWS = 12
"""an hour: a plan counts on no less than what moved in the busiest of them"""
_LEAST_NOTED = 20
"""times in a window, below which it says nothing"""
_STEP = 0.05
"""that duties are told in, so that plans are not made anew for less"""
_RECENT_S = 2.0
_SLOWEST = 0.05


class DutyMeter:
    """Which share of the time a view moves: that of the busiest of several windows. Fed about once a second."""

    def __init__(self) -> None:
        self._windows: deque[float] = deque(maxlen=_WINDOWS)
        self._since_s: float | None = None
        self._noted = self._moved = 0

    def note(self, at_s: float, *, moves: bool) -> None:
        """Whether the view moved up to a time (s)."""
        if self._since_s is None:
            self._since_s = at_s
        if at_s - self._since_s >= _WINDOW_S:
            if self._noted >= _LEAST_NOTED:
                self._windows.append(duty_of(self._moved, self._noted))
            self._since_s, self._noted, self._moved = at_s, 0, 0
        self._noted += 1
        self._moved += moves

    @property
    def duty(self) -> float | None:
        """The share; None until a window is over."""
        return max(tuple(self._windows), default=None)


def duty_of(moved: int, noted: int) -> float:
    """The share of the times noted at which a view moved, rounded up."""
    return round(_STEP * max(1, math.ceil(moved / noted / _STEP)), 2)


@dataclass
class _View:
    gate: Gate = field(default_factory=Gate)
    meter: DutyMeter = field(default_factory=DutyMeter)
    looks: int = 0
    ran: dict[str, int] = field(default_factory=dict)
    """the look on which each scorer ran last"""
    recent: float = 0.0
    """share of the looks of the last seconds on which something ran"""
    looked_s: float | None = None


class ViewGates:
    """Over changes of plan: what was learnt of a view stays as long as somebody looks at it."""

    def __init__(self) -> None:
        self._views: dict[ViewKey, _View] = {}
        self._pace = 1.0

    @property
    def pace(self) -> float:
        """Share of the planned rates at which everybody looks now, since more moves than was planned with."""
        return self._pace

    def keep(self, routing: Routing | None) -> None:
        """Forget views that nobody looks at any more."""
        keys = () if routing is None else routing.routes.keys()
        self._views = {key: view for key, view in self._views.items() if key in keys}
        self._pace = 1.0

    def look(
        self, routing: Routing, key: ViewKey, pixels: NDArray[np.uint8], due: tuple[str, ...], at_s: float
    ) -> tuple[int, dict[str, int]]:
        """Number of a look at the view's picture of a time (monotonic, s), and the earlier look that each of the due
        apps stands on that does not run on this one."""
        view = self._views.get(key) or self._views.setdefault(key, _View())
        view.looks += 1
        gated, learns = key in routing.gates, view.gate.is_due(at_s)
        if not gated and not learns:
            return view.looks, {}
        greys = grey(pixels)
        if learns:
            view.meter.note(at_s, moves=view.gate.learn(greys, at_s))
        if not gated:
            return view.looks, {}
        scorers = {app: routing.scorers[app] for app in due}
        passed = view.gate.passes(greys, at_s, scorers.values())
        view.ran.update(dict.fromkeys(passed, view.looks))
        self._note_recent(routing, view, at_s, ran=bool(passed))
        return view.looks, {app: view.ran[scorer] for app, scorer in scorers.items() if scorer not in passed}

    def forget(self, routing: Routing, key: ViewKey, apps: tuple[str, ...]) -> None:
        """These did not run after all."""
        view = self._views.get(key)
        if view is not None:
            view.gate.forget([routing.scorers[app] for app in apps if app in routing.scorers])

    def duties(self) -> dict[str, dict[str, float]]:
        """What share of the time each view moves, by stream and view; the most that any base network sees of it."""
        found: dict[str, dict[str, float]] = {}
        for key, view in tuple(self._views.items()):
            duty = view.meter.duty
            if duty is not None:
                views = found.setdefault(key.stream, {})
                views[key.view] = max(duty, views.get(key.view, 0.0))
        return found

    def restless(self) -> dict[str, dict[str, str]]:
        """The part of each view that never rests, in words, by stream and view."""
        found: dict[str, dict[str, str]] = {}
        for key, view in tuple(self._views.items()):
            part = view.gate.restless
            if part is not None:
                found.setdefault(key.stream, {})[key.view] = str(part)
        return found

    def _note_recent(self, routing: Routing, view: _View, at_s: float, *, ran: bool) -> None:
        elapsed_s = _RECENT_S if view.looked_s is None else at_s - view.looked_s
        view.looked_s = at_s
        view.recent += (1 - math.exp(-max(0.0, elapsed_s) / _RECENT_S)) * (ran - view.recent)
        recent = {key: other.recent for key, other in tuple(self._views.items())}
        self._pace = pace_of(routing, recent)


def pace_of(routing: Routing, recent: Mapping[ViewKey, float]) -> float:
    """The share of all planned rates that the budget allows, where `recent` is the share of looks that run, by view.

    1 as long as no more moves than was planned with; less evenly for everybody, whoever's view it is that moves.
    """
    plan, gates = routing.plan, routing.gates
    left = plan.budget - plan.cost + sum(gate.duty * gate.moving_cost for gate in gates.values())
    wanted = sum(recent.get(key, gate.duty) * gate.moving_cost for key, gate in gates.items())
    return 1.0 if wanted <= left else max(_SLOWEST, left / wanted)
