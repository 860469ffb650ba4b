"""Geometry of time lines: plain numbers that a template turns into SVG.

Pure: what is drawn is decided here, how it looks in `timeline.html.j2`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from mainstream.times import Span
from mainstream_evaluate.evaluation import Moment, Outcome

WIDTH = 920.0
"""of a time line, in SVG units"""
_ROW = 18.0
_LEAST_WIDTH = 3.0
_MOST_TICKS = 10
_IN_SECONDS_S = 120
"""times below this are written in seconds alone"""
_STEPS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400)


@dataclass(frozen=True)
class Bar:
    """A horizontal stretch, in SVG units."""

    x: float
    width: float


@dataclass(frozen=True)
class Mark:
    """An alert, or a missed event."""

    bar: Bar
    outcome: Outcome
    text: str
    """what it is, in words"""


@dataclass(frozen=True)
class Row:
    """The alerts of one run."""

    name: str
    y: float
    marks: list[Mark]


@dataclass(frozen=True)
class Tick:
    """A time on the axis."""

    x: float
    text: str


@dataclass(frozen=True)
class Timeline:
    """One app's events, and one row for each run that was held against them."""

    app: str
    events: list[Bar]
    rows: list[Row]
    ticks: list[Tick]
    height: float
    """without the axis"""


def timeline(app: str, span: Span, events: Sequence[Span], rows: Mapping[str, Iterable[Moment]]) -> Timeline:
    """Lay out events and moments (seconds) over `span`; a mark is never too narrow to be seen."""
    return Timeline(
        app=app,
        events=[_bar(event, span, 0.0) for event in events],
        rows=[
            Row(name, 4 + _ROW * number, [_mark(moment, span) for moment in moments])
            for number, (name, moments) in enumerate(rows.items())
        ],
        ticks=_ticks(span),
        height=4 + _ROW * len(rows),
    )


def clock(time_s: float) -> str:
    """A time as people write it: 1:02:03, 2:03, or seconds with a tenth below two minutes."""
    if time_s < _IN_SECONDS_S:
        return f"{time_s:.1f} s"
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _mark(moment: Moment, span: Span) -> Mark:
    shown = moment.alert_s or moment.event_s
    assert shown is not None  # noqa: S101 - one of the two is there
    return Mark(_bar(shown, span, _LEAST_WIDTH), moment.outcome, f"{moment.outcome} at {clock(moment.shown_s)}")


def _bar(stretch: Span, span: Span, least: float) -> Bar:
    scale = WIDTH / (span[1] - span[0])
    width = max((stretch[1] - stretch[0]) * scale, least)
    return Bar(x=min((stretch[0] - span[0]) * scale, WIDTH - width), width=width)


def _ticks(span: Span) -> list[Tick]:
    seconds = span[1] - span[0]
    step_s = next((step for step in _STEPS_S if seconds / step <= _MOST_TICKS), _STEPS_S[-1])
    first = ceil(span[0] / step_s)
    times_s = [step_s * number for number in range(first, int(span[1] // step_s) + 1)]
    return [
        Tick((at_s - span[0]) * WIDTH / seconds, f"{at_s} s" if span[1] < _IN_SECONDS_S else clock(at_s))
        for at_s in times_s
    ]
