"""What makes a problem well-formed; says which app and field is wrong, and the way out.

Invariant: after `check_problem` every number the planner meets is finite and in its range, every reference resolves,
the forest has no cycle, and every app has at least one candidate with operating points or a replay.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from mainstream.errors import InvalidInputError
from mainstream.laws.cost import chain_of
from mainstream.planner.problem import App, Candidate, Problem, ReplayedPoint
from mainstream.planner.replays import FALSE_SHARE, FPS, RECALL, VOTES, ReplayedPoints, numbers, played_with
from mainstream.planner.tables.points import are_sound, is_interval
from mainstream.planner.tables.work import MOST_WORK, event_pieces_s, table_work

MOST_VOTES = 1000
MOST_STREAM_FPS = 1000.0
_LEAST_FPS = 1e-6
_LEAST_S = 1e-9
_MOST_S = 1e7


def _fail(field: str, message: str, app: App | None = None) -> InvalidInputError:
    subject = f"app '{app.name}': " if app is not None else ""
    return InvalidInputError(subject + message, field=field)


def _number(value: object, field: str, app: App | None = None, *, least: float = 0.0, most: float = math.inf) -> float:
    """A finite number within [least, most]."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _fail(field, f"must be a finite number, is {value!r}", app)
    if not least <= value <= most:
        span = f"at least {least:g}" if most == math.inf else f"between {least:g} and {most:g}"
        raise _fail(field, f"must be {span}, is {value:g}", app)
    return float(value)


def _unique(names: Iterable[object], field: str, what: str) -> None:
    seen: set[object] = set()
    for i, name in enumerate(names):
        if name in seen:
            raise _fail(f"{field}[{i}]", f"{what} '{name}' is there twice; give every one its own")
        seen.add(name)


def check_problem(problem: Problem) -> None:
    """Raise `InvalidInputError` for the first thing that is wrong."""
    _number(problem.budget, "budget")
    _number(problem.overhead, "overhead")
    if problem.memory_bytes is not None:
        _number(problem.memory_bytes, "memory_bytes")
    if problem.max_changes is not None:
        _number(problem.max_changes, "max_changes")
    _number(problem.switching.candidate, "switching.candidate")
    _number(problem.switching.fps, "switching.fps")
    _check_choice(problem.goal, ("mean", "max-min"), "goal")
    _check_choice(problem.compat, (None, "atc18"), "compat")
    _check_segments(problem)
    if not problem.apps:
        raise _fail("apps", "there is no app to plan for; give at least one")
    _unique((app.name for app in problem.apps), "apps", "app")
    most_fps = _most_fps(problem)
    for i, app in enumerate(problem.apps):
        _check_app(app, f"apps[{i}]", most_fps)
    _check_references(problem)


def _check_choice(value: object, allowed: Sequence[object], field: str, app: App | None = None) -> None:
    if value not in allowed:
        raise _fail(field, f"must be one of {', '.join(str(a) for a in allowed if a is not None)}, is {value!r}", app)


def _check_segments(problem: Problem) -> None:
    _unique((segment.key for segment in problem.segments), "segments", "segment")
    parents = {segment.key: segment.parent for segment in problem.segments}
    weights: dict[str, float] = {}
    for i, segment in enumerate(problem.segments):
        at = f"segments[{i}]"
        _number(segment.seconds, f"{at}.seconds")
        size = _number(segment.bytes, f"{at}.bytes")
        _unique((step.name for step in segment.steps), f"{at}.steps", f"segment '{segment.key}': step")
        for j, step in enumerate(segment.steps):
            _number(step.fps, f"{at}.steps[{j}].fps", least=_LEAST_FPS)
            _number(step.cost, f"{at}.steps[{j}].cost")
        if segment.parent is not None and segment.parent not in parents:
            raise _fail(f"{at}.parent", f"segment '{segment.key}' hangs on '{segment.parent}', which is not there")
        if weights.setdefault(segment.weights_key, size) != size:
            raise _fail(f"{at}.bytes", f"segments with weights '{segment.weights_key}' must have equal bytes")
    rooted: set[str] = set()
    for i, segment in enumerate(problem.segments):
        path: list[str] = []
        key: str | None = segment.key
        on_path: set[str] = set()
        while key is not None and key not in rooted:
            if key in on_path:
                raise _fail(f"segments[{i}].parent", f"segment '{key}' is above itself; the forest must have no cycle")
            on_path.add(key)
            path.append(key)
            key = parents[key]
        rooted.update(path)


def _most_fps(problem: Problem) -> dict[str, float]:
    """The highest rate that the steps of each segment, and of those above it, allow."""
    by_key = {segment.key: segment for segment in problem.segments}
    return {key: min(each.most_fps for each in chain_of(by_key, key)) for key in by_key}


def _check_app(app: App, at: str, most_fps: Mapping[str, float]) -> None:
    if not app.name:
        raise _fail(f"{at}.name", "an app needs a name")
    _number(app.stream_fps, f"{at}.stream_fps", app, least=_LEAST_FPS, most=MOST_STREAM_FPS)
    _number(app.weight, f"{at}.weight", app, least=1e-9)
    _number(app.trust, f"{at}.trust", app, least=1e-6, most=1.0)
    _check_events(app, f"{at}.events")
    if not app.votes:
        raise _fail(f"{at}.votes", "is empty; allow at least one number of votes", app)
    for j, votes in enumerate(app.votes):
        _whole(votes, f"{at}.votes[{j}]", app, least=1, most=MOST_VOTES)
    if app.rates is not None and not app.rates:
        raise _fail(f"{at}.rates", "is empty; leave it out for the default rates", app)
    for j, rate in enumerate(app.rates or ()):
        _number(rate, f"{at}.rates[{j}]", app, least=_LEAST_FPS)
        if rate > app.stream_fps:
            raise _fail(f"{at}.rates[{j}]", f"{rate:g} fps is above the stream's {app.stream_fps:g}; lower it", app)
    _check_choice(app.objective.metric, ("f1", "f-beta", "recall", "precision"), f"{at}.objective.metric", app)
    _number(app.objective.beta, f"{at}.objective.beta", app, least=1e-6, most=1e6)
    if app.objective.minimum is not None:
        _number(app.objective.minimum, f"{at}.objective.minimum", app, most=1.0)
    if app.objective.maximum_false_alerts_per_day is not None:
        _number(app.objective.maximum_false_alerts_per_day, f"{at}.objective.maximum_false_alerts_per_day", app)
    if not app.candidates:
        raise _fail(f"{at}.candidates", "has no candidates; a package must hold at least one", app)
    _unique((c.name for c in app.candidates), f"{at}.candidates", f"app '{app.name}': candidate")
    fastest = app.allowed_rates[-1]
    for j, candidate in enumerate(app.candidates):
        _check_candidate(candidate, f"{at}.candidates[{j}]", app, most_fps, fastest)
    _check_work(app, at)


def _check_work(app: App, at: str) -> None:
    """No table may take so long that the others of its namespace wait for it."""
    if table_work(app) > MOST_WORK:
        points = sum(len(candidate.operating_points) for candidate in app.candidates)
        pieces_s = event_pieces_s(app)
        frames = max(pieces_s) * app.allowed_rates[-1]
        message = f"has {points} operating points, too many for events of {frames:.0f} frames in {len(pieces_s)} pieces"
        way_out = "publish it with fewer candidates or thresholds, or allow fewer or lower rates"
        raise _fail(f"{at}.candidates", f"{message} at {len(app.allowed_rates)} rates; {way_out}", app)


def _check_events(app: App, at: str) -> None:
    events = app.events
    _number(events.length_s, f"{at}.length_s", app, least=_LEAST_S, most=_MOST_S)
    for i, length_s in enumerate(events.lengths_s):
        _number(length_s, f"{at}.lengths_s[{i}]", app, least=_LEAST_S, most=_MOST_S)
    _number(events.frequency, f"{at}.frequency", app, most=1.0)
    _number(events.correlation, f"{at}.correlation", app, most=1.0)
    if events.merge_gap_s is not None:
        _number(events.merge_gap_s, f"{at}.merge_gap_s", app, least=_LEAST_S, most=_MOST_S)
    if events.footage_s is not None:
        _number(events.footage_s, f"{at}.footage_s", app, least=_LEAST_S)
    ended_s = -math.inf
    for i, (start_s, end_s) in enumerate(events.runs_s):
        _number(start_s, f"{at}.runs_s[{i}]", app, least=-math.inf)
        _number(end_s, f"{at}.runs_s[{i}]", app, least=-math.inf)
        if not end_s - start_s >= _LEAST_S:
            raise _fail(f"{at}.runs_s[{i}]", f"the run from {start_s:g} to {end_s:g} s has no length", app)
        if start_s < ended_s:
            raise _fail(f"{at}.runs_s[{i}]", "begins before the run ahead of it ends; list runs in order", app)
        ended_s = end_s
    if not events.runs_s or events.footage_s is None:
        return
    covered_s = ended_s - events.runs_s[0][0]
    if covered_s > events.footage_s:
        raise _fail(
            f"{at}.footage_s", f"runs reach over {covered_s:g} s, more than the footage of {events.footage_s:g} s", app
        )
    if events.merge_gap_s is not None and events.merge_gap_s > events.footage_s:
        message = f"{events.merge_gap_s:g} s is longer than the footage of {events.footage_s:g} s; lower the merge gap"
        raise _fail(f"{at}.merge_gap_s", message, app)


def _whole(value: object, field: str, app: App, *, least: int, most: float = math.inf) -> None:
    _number(value, field, app, least=least, most=most)
    if not isinstance(value, int):
        raise _fail(field, f"must be a whole number, is {value!r}", app)


def _check_candidate(candidate: Candidate, at: str, app: App, most_fps: Mapping[str, float], fastest: float) -> None:
    if not candidate.name:
        raise _fail(f"{at}.name", "a candidate needs a name", app)
    _check_choice(candidate.kind, ("fine-tuned", "micro"), f"{at}.kind", app)
    _whole(candidate.branch_point, f"{at}.branch_point", app, least=0)
    for name in ("observed_events", "observed_stretches"):
        if getattr(candidate, name) is not None:
            _number(getattr(candidate, name), f"{at}.{name}", app)
    _number(candidate.head_s, f"{at}.head_s", app)
    _number(candidate.head_bytes, f"{at}.head_bytes", app)
    if candidate.segment is not None and candidate.segment not in most_fps:
        raise _fail(f"{at}.segment", f"segment '{candidate.segment}' is not there", app)
    allowed = math.inf if candidate.segment is None else most_fps[candidate.segment]
    if fastest > allowed:
        message = f"no step above '{candidate.segment}' allows {fastest:g} fps, only up to {allowed:g}"
        raise _fail(f"{at}.segment", f"{message}; lower the app's rates", app)
    if not candidate.operating_points and not candidate.replayed:
        raise _fail(f"{at}.operating_points", "is empty, and nothing was replayed; give at least one", app)
    if not are_sound(candidate.operating_points):
        for n, point in enumerate(candidate.operating_points):
            _number(point.threshold, f"{at}.operating_points[{n}].threshold", app, least=-math.inf)
            _number(point.p, f"{at}.operating_points[{n}].p", app, most=1.0)
            _number(point.e, f"{at}.operating_points[{n}].e", app, most=1.0)
            for name, interval in (("p_interval", point.p_interval), ("e_interval", point.e_interval)):
                if not is_interval(interval):
                    message = f"must be two ascending numbers between 0 and 1, is {interval!r}"
                    raise _fail(f"{at}.operating_points[{n}].{name}", message, app)
        _unique(
            (point.threshold for point in candidate.operating_points),
            f"{at}.operating_points",
            f"app '{app.name}': threshold",
        )
    if len(candidate.replayed) and not _replays_fine(candidate.replayed):
        for n, replay in enumerate(candidate.replayed):
            _number(replay.threshold, f"{at}.replayed[{n}].threshold", app, least=-math.inf)
            _number(replay.fps, f"{at}.replayed[{n}].fps", app, least=_LEAST_FPS)
            _whole(replay.votes, f"{at}.replayed[{n}].votes", app, least=1, most=MOST_VOTES)
            _number(replay.recall, f"{at}.replayed[{n}].recall", app, most=1.0)
            _number(replay.false_share, f"{at}.replayed[{n}].false_share", app, most=1.0)
    if not candidate.operating_points and not len(played_with(candidate.replayed, app.votes)):
        raise _fail(f"{at}.replayed", "was replayed with none of the votes that the app allows", app)


def _replays_fine(replayed: Sequence[ReplayedPoint]) -> bool:
    """Whether all that was replayed is in order: a quick look at the thousands of points there are."""
    try:
        rows = numbers(replayed)
        whole = isinstance(replayed, ReplayedPoints) or all(type(replay.votes) is int for replay in replayed)
    except (TypeError, ValueError):
        return False
    votes, shares = rows[:, VOTES], rows[:, [RECALL, FALSE_SHARE]]
    return whole and bool(
        np.isfinite(rows).all()
        and ((shares >= 0.0) & (shares <= 1.0)).all()
        and ((votes >= 1) & (votes <= MOST_VOTES)).all()
        and (rows[:, FPS] >= _LEAST_FPS).all()
    )


def _check_references(problem: Problem) -> None:
    apps = {app.name: app for app in problem.apps}
    _unique((entry.app for entry in problem.running), "running", "app")
    for i, entry in enumerate(problem.running):
        _number(entry.fps, f"running[{i}].fps")
    _unique((pin.app for pin in problem.pins), "pins", "app")
    for i, pin in enumerate(problem.pins):
        app = apps.get(pin.app)
        if app is None:
            raise _fail(f"pins[{i}].app", f"there is no app '{pin.app}' to pin")
        names = [candidate.name for candidate in app.candidates]
        if pin.candidate is not None and pin.candidate not in names:
            raise _fail(f"pins[{i}].candidate", f"has no candidate '{pin.candidate}', only {', '.join(names)}", app)
        if pin.fps is not None and pin.fps not in app.allowed_rates:
            raise _fail(f"pins[{i}].fps", f"{pin.fps:g} fps is not one of its allowed rates", app)
        if pin.votes is not None and pin.votes not in app.votes:
            raise _fail(f"pins[{i}].votes", f"{pin.votes} is not one of its allowed votes", app)
