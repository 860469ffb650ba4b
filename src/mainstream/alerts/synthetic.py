"""Streams of the law's own chain, to hold the law against: for tests and benchmarks. Same seed, same stream."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

from mainstream.alerts.law import false_share, predicted, replayed
from mainstream.alerts.measured import AlertScore, score_alerts
from mainstream.alerts.merging import MergedEvents, merged_events
from mainstream.arrays import FloatArray, IntArray
from mainstream.laws.chain import EventStatistics, f1
from mainstream.laws.voting import decisions
from mainstream.times import Span

RATES_FPS = (0.5, 1.0, 2.0, 5.0, 10.0)
THRESHOLDS = 9
GAPS_PER_LENGTH = (0.3, 2.0)
FRAMES_PER_EVENT = 500
"""Analysed frames of a whole stream, for each event that was asked for; rare events on fast streams are then fewer."""
LEAST_EVENTS = 100


@dataclass(frozen=True)
class Setting:
    """One app on one stream: what its classifier is worth, at which rate it runs, and what its events are like."""

    apart: float
    """distance between the scores of event frames and others, in standard deviations"""
    fps: float
    gap_s: float
    length_s: float
    frequency: float
    correlation: float
    mixed: bool
    """whether lengths differ"""


@dataclass(frozen=True)
class Stream:
    """Labelled runs, and how long the stream is."""

    runs: tuple[Span, ...]
    seconds: float

    def statistics(self, setting: Setting) -> EventStatistics:
        """What a package would say of it."""
        return EventStatistics(
            setting.length_s, setting.frequency, setting.correlation, (), setting.gap_s, self.runs, self.seconds
        )


def random_settings(seed: int, count: int) -> list[Setting]:
    """Settings with merge gaps from .3 to 2 event lengths, fixed and mixed lengths in turns."""
    rng = np.random.default_rng(seed)
    found = []
    for i in range(count):
        length_s = float(np.exp(rng.uniform(np.log(0.5), np.log(8.0))))
        setting = Setting(
            apart=float(rng.uniform(1.5, 4.5)),
            fps=float(rng.choice(RATES_FPS)),
            gap_s=length_s * float(rng.uniform(*GAPS_PER_LENGTH)),
            length_s=length_s,
            frequency=float(np.exp(rng.uniform(np.log(0.01), np.log(0.3)))),
            correlation=float(rng.uniform(0.0, 0.7)),
            mixed=i % 2 == 1,
        )
        found.append(setting)
    return found


def operating_points(setting: Setting) -> tuple[FloatArray, FloatArray]:
    """p and e (THRESHOLDS,) of normal scores."""
    levels = np.linspace(0.0, setting.apart + 1.0, THRESHOLDS)
    p = np.array([0.5 * (1.0 - erf((level - setting.apart) / sqrt(2.0))) for level in levels])
    e = np.array([0.5 * (1.0 - erf(level / sqrt(2.0))) for level in levels])
    return p, e


def make_stream(setting: Setting, events: int, rng: np.random.Generator) -> Stream:
    """Events further apart than the merge gap, at the setting's frequency where that leaves room."""
    lengths = np.full(events, setting.length_s)
    if setting.mixed:
        lengths *= np.exp(rng.normal(0.0, 0.6, events))
        lengths *= setting.length_s / lengths.mean()
    quiet_s = setting.length_s * (1.0 - setting.frequency) / setting.frequency
    least_s = min(1.05 * setting.gap_s, quiet_s)
    quiet = least_s + rng.exponential(max(quiet_s - least_s, 0.0), events + 1)
    starts = np.cumsum(quiet[:-1]) + np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    runs = tuple(zip(starts.tolist(), (starts + lengths).tolist(), strict=True))
    return Stream(runs, float(quiet.sum() + lengths.sum()))


def chain_hits(inside: np.ndarray, p: float, e: float, correlation: float, rng: np.random.Generator) -> np.ndarray:
    """Hits (frames,) of the two-state chain, begun anew where an event begins or ends; `inside` (frames,)."""
    drawn = rng.random(len(inside)) < np.where(inside, p, e)
    fresh = rng.random(len(inside)) >= correlation
    fresh |= np.diff(inside, prepend=~inside[:1]) != 0
    last = np.maximum.accumulate(np.where(fresh, np.arange(len(inside)), 0))
    hits: np.ndarray = drawn[last]
    return hits


def simulate(
    setting: Setting, stream: Stream, p: float, e: float, votes: IntArray, rng: np.random.Generator
) -> list[AlertScore]:
    """What the chain's decisions come to, for each number of votes."""
    ticks = np.arange(int(stream.seconds * setting.fps), dtype=np.float64)
    times: FloatArray = (ticks + rng.random()) / setting.fps
    edges = np.asarray(stream.runs)
    at = np.searchsorted(edges[:, 0], times, side="right") - 1
    inside = (at >= 0) & (times < edges[np.maximum(at, 0), 1])
    hits = chain_hits(inside, p, e, setting.correlation, rng)
    return [
        score_alerts(times[decisions(hits, x)], edges, (0.0, stream.seconds), merge_gap_s=setting.gap_s)
        for x in votes.tolist()
    ]


@dataclass(frozen=True)
class Compared:
    """F1 of every choice (votes, operating points), predicted, simulated, and told by a replay of it."""

    predicted: FloatArray
    simulated: FloatArray
    replayed: FloatArray

    @property
    def lost(self) -> float:
        """Simulated F1 of the best choice less that of the one with the highest predicted F1."""
        return float(self.simulated.max() - self.simulated.ravel()[self.predicted.argmax()])


def compare(setting: Setting, events: int, votes: IntArray, seed: int) -> Compared:
    """Law and simulation of one setting, at every operating point and number of votes."""
    rng = np.random.default_rng(seed)
    frames_per_event = setting.length_s / setting.frequency * setting.fps
    room = max(float(LEAST_EVENTS), FRAMES_PER_EVENT * events / frames_per_event)
    stream = make_stream(setting, int(min(events, room)), rng)
    p, e = operating_points(setting)
    merged = merged_events(stream.statistics(setting))
    law = predicted(p, e, np.array([setting.fps]), votes, merged, setting.correlation)
    scores = [simulate(setting, stream, *point, votes, rng) for point in zip(p.tolist(), e.tolist(), strict=True)]
    measured, played = (
        np.array([[value(score) for score in of_point] for of_point in scores]).T
        for value in (lambda score: score.f1, lambda score: _replayed_f1(score, merged))
    )
    return Compared(f1(law.recall, law.precision)[0], measured, played)


def _replayed_f1(score: AlertScore, events: MergedEvents) -> float:
    share = false_share(len(score.false), len(score.found), score.events, score.quiet_s, events)
    alerts = replayed(np.array([score.recall]), np.array([share]), events)
    return float(f1(alerts.recall, alerts.precision).item())
