"""How long an app's option table takes to make, before anything of it is made: bounds what anybody may ask for."""

from __future__ import annotations

import math

import numpy as np

from mainstream.alerts.merging import merged_events
from mainstream.laws.chain import STEPWISE_FRAMES
from mainstream.planner.problem import App
from mainstream.planner.replays import played_with

MOST_WORK = 1e8
"""that one app may ask for: about two seconds; whoever works something out for an app beforehand keeps to it as well"""
_STEP, _GAP_STEP, _DOUBLING = 1 / 4, 1 / 8, 1024.0
"""of a frame that the chain walks over, of an event and of a merge gap; steps that a doubling of the frames beyond
`STEPWISE_FRAMES` takes as long as"""
_PIECE, _COUNT, _LONG_GAP = 1 / 3, 1 / 40, 20.0
"""of one rate: of a piece of an event, of a number of frames that the chain is asked for, and of a merge gap beyond
`STEPWISE_FRAMES`"""
_REPLAYED = 100.0
"""of a replayed point, all rates together"""


def table_work(app: App) -> float:
    """In units of some 20 nanoseconds of a core: a hundred million take two seconds."""
    played = [len(played_with(candidate.replayed, app.votes)) for candidate in app.candidates]
    points = sum(len(each.operating_points) for each, found in zip(app.candidates, played, strict=True) if not found)
    pieces_s, rates = event_pieces_s(app), np.array(app.allowed_rates)
    gaps = merged_events(app.events).gap_s * rates
    steps = _steps(max(pieces_s) * float(rates[-1]))
    counts = min(steps, 2.0 * len(pieces_s) * len(rates))
    of_rates = len(rates) * (_PIECE * len(pieces_s) + _COUNT * counts)
    of_gaps = _GAP_STEP * _steps(float(gaps[-1])) + _LONG_GAP * float((gaps > STEPWISE_FRAMES).sum())
    return points * len(set(app.votes)) * (_STEP * steps + of_rates + of_gaps) + _REPLAYED * sum(played)


def event_pieces_s(app: App) -> list[float]:
    """Lengths of the pieces of all events that stand for the app's."""
    return [piece_s for event in merged_events(app.events).events for piece_s in event.pieces_s]


def _steps(frames: float) -> float:
    return min(frames, STEPWISE_FRAMES) + _DOUBLING * math.log2(max(1.0, frames / STEPWISE_FRAMES))
