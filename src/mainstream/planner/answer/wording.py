"""Alerts in words, as the reasons of a plan tell them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil, inf

from mainstream.alerts.certainty import (
    ENOUGH,
    is_thin,
    least_false_per_day,
    quiet_that_tells_s,
    what_helps,
)
from mainstream.alerts.merging import merged_events, merged_into_one
from mainstream.laws.cost import Segment
from mainstream.planner.problem import App, Candidate
from mainstream.times import DAY_S, HOUR_S, HOURS_PER_DAY

_DAYS_PER_YEAR = 365.0
_DAILY = 0.95
"""False alerts a day from which on they are told by the day."""
_OFTEN_PER_HOUR = 4.0
"""False alerts an hour from which on they are told by the hour."""
_TENTHS_OFF = 0.005
"""A share this near to tenths is told in tenths."""


def named(candidate: Candidate) -> str:
    """A candidate by its name, and what of the base network it leaves as it is."""
    point = candidate.branch_point
    if candidate.kind == "micro":
        return f"{candidate.name} (micro-head at tap {point})"
    return f"{candidate.name} ({f'frozen to branch-point {point}' if point > 0 else 'nothing frozen'})"


def finds(recall: float) -> str:
    """What share of events is found."""
    if recall > 1.0 - 1.0 / 200.0:
        return "finds nearly all events"
    if abs(10.0 * recall - round(10.0 * recall)) <= 10.0 * _TENTHS_OFF and round(10.0 * recall):
        return f"finds {round(10.0 * recall)} of 10 events"
    return f"finds {round(100.0 * recall)} of 100 events"


def false_alerts(per_hour: float) -> str:
    """How often it is wrong."""
    per_day = HOURS_PER_DAY * per_hour
    if per_hour >= _OFTEN_PER_HOUR:
        return f"about {_rounded(per_hour)} false alerts an hour"
    if per_day >= _DAILY:
        return f"about {_rounded(per_day)} false {'alert' if _rounded(per_day) == '1' else 'alerts'} a day"
    if per_day * _DAYS_PER_YEAR >= 1.0:
        return f"about one false alert in {_rounded(1.0 / per_day)} days"
    return "hardly a false alert a year"


def more(recall_gain: float, per_hour_spared: float, value_gain: float) -> str:
    """What more would do for an app: found events first, then false alerts that it would be spared."""
    if round(100.0 * recall_gain) >= 1:
        return f"would find {round(100.0 * recall_gain)} more of 100 events"
    if HOURS_PER_DAY * per_hour_spared >= _DAILY:
        return f"would spare it {_rounded(HOURS_PER_DAY * per_hour_spared)} false alerts a day"
    return f"would gain it {value_gain:.2g}"


def measure_of(metric: str) -> str:
    """What an app's minimum is of."""
    return f"{'F' + metric[1:] if metric.startswith('f') else metric} of alerts"


def off_the_grid(chain: Iterable[Segment], steps: Mapping[str, str | None]) -> list[str]:
    """That an app's looks lie on the frames of a step that lacks some, so not as evenly as they were replayed."""
    found = []
    for segment in chain:
        name = steps.get(segment.key)
        fps = next((step.fps for step in segment.steps if step.name == name), inf)
        if fps < segment.most_fps:
            found.append(
                f"its looks lie on the {fps:.3g} frames a second of {name}, up to {1.0 / fps:.2g} s after they are due"
            )
    return found


def remarks(app: App, candidate: Candidate, fps: float) -> list[str]:
    """What should be known of how an app's labels merge, of a rate slower than its merge gap, and of thin data."""
    events = merged_events(app.events)
    found = []
    if fps * events.gap_s < 1.0:
        found.append(
            f"its frames are {1.0 / fps:.3g} s apart and its merge gap is {events.gap_s:.3g} s, so each decision "
            "opens an alert"
        )
    if merged := merged_into_one(app.events):
        found.append(f"its {merged}")
    maximum = app.objective.maximum_false_alerts_per_day
    if maximum is not None and (untold := _more_than_told(app, events.gap_s, maximum)):
        found.append(f"a maximum of {maximum:g} false alerts a day is predicted, not measured: {untold}")
    thin = _thin(candidate)
    return [*found, thin] if thin else found


def _thin(candidate: Candidate) -> str:
    """What would make the prediction surer, where it was counted on too little."""
    counts = candidate.observed_events, candidate.observed_stretches
    if counts[0] is None or counts[1] is None or not is_thin(counts[0], counts[1]):
        return ""
    observed = f"{counts[0]:.3g} held-out {'event' if counts[0] == 1 else 'events'}"
    if counts[1] < ENOUGH:
        observed += f" and {counts[1]:.3g} quiet stretches"
    return f"measured on {observed}; {what_helps(counts[0], counts[1])}"


def keeping_to(app: App, maximum_per_day: float) -> str:
    """What an app can do whose maximum of false alerts nothing keeps to: what its data can tell, and what would do."""
    if maximum_per_day <= 0.0:
        return "no footage can promise none at all; raise the maximum"
    if _most_stretches(app) is None:
        return "raise the maximum, or measure with more footage in which nothing happens"
    untold = _more_than_told(app, merged_events(app.events).gap_s, maximum_per_day)
    if not untold:
        return "raise the maximum, or train it to be wrong less often"
    return f"{untold}: train with it, or raise the maximum"


def _more_than_told(app: App, gap_s: float, maximum_per_day: float) -> str:
    """What an app's data can tell of false alerts, and what would do; empty where they tell of so few, or of none."""
    seen = _most_stretches(app)
    if seen is None or maximum_per_day <= 0.0:
        return ""
    known = least_false_per_day(seen, gap_s)
    if known <= maximum_per_day:
        return ""
    told = f"its data tell no better than {_rounded(known)} a day" if known < inf else "its data tell nothing of them"
    return f"{told}; {duration(quiet_that_tells_s(maximum_per_day))} of footage without events would do"


def _most_stretches(app: App) -> float | None:
    """Quiet stretches that stand behind that candidate which was measured on the most; None where that is not known."""
    return max(
        (each.observed_stretches for each in app.candidates if each.observed_stretches is not None), default=None
    )


def duration(seconds: float) -> str:
    """In the largest unit that it has two of, or just one; no less than it is."""
    for name, unit_s in (("day", DAY_S), ("hour", HOUR_S), ("minute", 60.0)):
        if abs(seconds - unit_s) <= _TENTHS_OFF * unit_s:
            return f"{'an' if name == 'hour' else 'a'} {name}"
        if seconds >= 2.0 * unit_s:
            return f"{ceil(seconds / unit_s - _TENTHS_OFF):,} {name}s"
    return f"{ceil(seconds - _TENTHS_OFF)} seconds"


def _rounded(value: float) -> str:
    """Two digits: 3, 22, 1,300."""
    return f"{round(float(f'{value:.2g}')):,}"
