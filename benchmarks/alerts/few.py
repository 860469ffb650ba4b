"""Judges of what is believed of a replay (docs/design.md, "Believed") where events are few.

Streams are not of the law's own chain, or it would be right by construction. Their scores go on from frame to frame,
some events are harder than others, and outside events things pass that look somewhat alike: misses and false hits come
in clusters, as they do on real video. Threshold and votes are chosen on a labelled part with a few events, by one of
four ways to believe what was counted, and played on hundreds of events that come later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from common.harness import QUICK, Report
from mainstream.alerts.law import as_replay, false_share, replayed
from mainstream.alerts.measured import count_alerts
from mainstream.alerts.merging import MergedEvents, merged_events
from mainstream.alerts.spans import alerts_of_hits, as_spans, tolerance_s
from mainstream.alerts.synthetic import Setting, make_stream
from mainstream.arrays import BoolArray, FloatArray, IntArray
from mainstream.laws.chain import f1
from mainstream.mpackage.manifest import Evaluation, MeasuredPoint
from mainstream.planner.problem import OperatingPoint
from mainstream.planner.replays import FALSE_SHARE, RECALL
from mainstream.workload.caution import cautious, cautious_rows
from mainstream_trainer.data.event_statistics import miss_correlation

EVENTS = (4, 8, 16, 64)
LATER = 300
SETTINGS = 40 if QUICK else 200
FPS = 10.0
THRESHOLDS = np.arange(-0.5, 4.1, 0.5)
VOTES = np.arange(1, 8)
GOES_ON = 0.8
"""correlation of neighbouring frames' noise"""
UNLIKE = 0.7
"""standard deviation of events' levels"""
PASSING, PASSING_LEVEL = 0.1, 0.6
"""share of the time outside events in which something passes, and how much of an event's level it has"""
MOST_BIAS = 0.03
BELIEVED = "what is believed of a replay"


@dataclass(frozen=True)
class Part:
    """Scored, labelled frames."""

    events: MergedEvents
    spans: FloatArray
    times: FloatArray
    inside: BoolArray
    scores: FloatArray
    quiet_s: float

    @classmethod
    def drawn(cls, setting: Setting, events: int, rng: np.random.Generator) -> Part:
        """A part with so many events."""
        stream = make_stream(setting, events, rng)
        spans = as_spans(stream.runs)
        times = np.asarray((np.arange(int(stream.seconds * FPS)) + 0.5) / FPS, dtype=np.float64)
        at = np.searchsorted(spans[:, 0], times, side="right") - 1
        inside = (at >= 0) & (times < spans[np.maximum(at, 0), 1])
        scores = _scores(setting, at, inside, rng)
        quiet_s = stream.seconds - float(np.diff(spans, axis=1).sum())
        return cls(merged_events(stream.statistics(setting)), spans, times, inside, scores, quiet_s)

    def counted(self, threshold: float, votes: int) -> tuple[int, int]:
        """Found events and false alerts."""
        alerts = alerts_of_hits(self.scores >= threshold, self.times, votes, self.events.gap_s)
        whole = np.ones(len(self.spans), dtype=np.bool_)
        return count_alerts(alerts[:, 0], self.spans, whole, tolerance_s(self.events.length_s))


def few_events(report: Report) -> None:
    """Predicted and measured F1 of what each belief chooses, by number of events."""
    for events in EVENTS:
        rows = [_chosen(setting, events, seed) for seed, setting in enumerate(_settings())]
        means = {name: np.mean([row[name] for row in rows], axis=0) for name in rows[0]}
        for name, (predicted, measured) in means.items():
            believed = name == BELIEVED
            report.row(
                f"{len(rows)} settings, chosen on {events} events by {name}: F1 on {LATER} later events",
                f"{measured:.3f}, predicted {predicted:.3f}",
                f"predicted within {MOST_BIAS:g}" if believed else "told",
                abs(predicted - measured) <= MOST_BIAS if believed else None,
            )
        report.details[f"few events: {events}"] = rows


def _settings() -> list[Setting]:
    rng = np.random.default_rng(21)
    found = []
    for _ in range(SETTINGS):
        length_s = float(np.exp(rng.uniform(np.log(0.7), np.log(4.0))))
        frequency = float(np.exp(rng.uniform(np.log(0.05), np.log(0.3))))
        found.append(Setting(float(rng.uniform(1.5, 3.5)), FPS, length_s, length_s, frequency, 0.0, mixed=True))
    return found


def _chosen(setting: Setting, events: int, seed: int) -> dict[str, tuple[float, float]]:
    """Predicted and measured F1 of the choice by each belief."""
    rng = np.random.default_rng([seed, events])
    part, later = Part.drawn(setting, events, rng), Part.drawn(setting, LATER, rng)
    found = {}
    for name, told in _told(part).items():
        t, x = np.unravel_index(int(told.argmax()), told.shape)
        hit, false = later.counted(float(THRESHOLDS[t]), int(VOTES[x]))
        found[name] = (float(told[t, x]), 2 * hit / (len(later.spans) + hit + false))
    return found


def _told(part: Part) -> dict[str, FloatArray]:
    """Predicted F1 (thresholds, votes), by what is believed."""
    rows = np.array([[t, FPS, x, *_played(part, t, int(x))] for t in THRESHOLDS for x in VOTES])
    evaluation = Evaluation(
        frames_event=int(part.inside.sum()),
        frames_other=int((~part.inside).sum()),
        block_frames=max(1.0, part.events.length_s * FPS),
        events=len(part.spans),
        quiet_s=part.quiet_s,
    )
    points = [_point(part, t, evaluation) for t in THRESHOLDS.tolist()]
    frames = np.arange(len(part.times))
    correlation = miss_correlation([part.scores >= t for t in THRESHOLDS], part.inside, frames)
    p, e = (np.array([getattr(point, name) for point in points]) for name in ("p", "e"))
    by_law = [each[0] for each in as_replay(p, e, np.array([FPS]), VOTES, part.events, correlation)]
    beliefs = {
        "a replay as counted": rows,
        "a replay and two at chance": cautious_rows(rows, (), evaluation, part.events, correlation),
        BELIEVED: cautious_rows(rows, points, evaluation, part.events, correlation),
    }
    shares = {name: (each[:, RECALL], each[:, FALSE_SHARE]) for name, each in beliefs.items()}
    shares["the law of alerts alone"] = (by_law[0].T.ravel(), by_law[1].T.ravel())
    told = {}
    for name, (recall, false) in shares.items():
        alerts = replayed(recall, false, part.events)
        told[name] = f1(alerts.recall, alerts.precision).reshape(len(THRESHOLDS), -1)
    return told


def _played(part: Part, threshold: float, votes: int) -> tuple[float, float]:
    found, false = part.counted(threshold, votes)
    return found / len(part.spans), false_share(false, found, len(part.spans), part.quiet_s, part.events)


def _point(part: Part, threshold: float, evaluation: Evaluation) -> OperatingPoint:
    p, e = (float((part.scores[of] >= threshold).mean()) for of in (part.inside, ~part.inside))
    # The threshold is a score's here, not a probability: the point is cautioned under another one.
    measured = MeasuredPoint(threshold=0.5, p=p, e=e, p_interval=(0, 1), e_interval=(0, 1))
    believed = cautious(measured, evaluation)
    return OperatingPoint(threshold, believed.p, believed.e)


def _scores(setting: Setting, at: IntArray, inside: BoolArray, rng: np.random.Generator) -> FloatArray:
    """Of frames (n,), of which `at` says which event began last."""
    frames = len(at)
    noise = np.empty(frames)
    fresh, last = rng.normal(0.0, np.sqrt(1.0 - GOES_ON**2), frames), float(rng.normal())
    for i in range(frames):
        last = noise[i] = GOES_ON * last + fresh[i]
    levels = setting.apart + UNLIKE * rng.normal(size=int(at.max(initial=0)) + 1)
    run = max(1, round(setting.length_s * FPS))
    passing = np.repeat(rng.random(frames // run + 1) < PASSING, run)[:frames]
    outside = np.where(passing, PASSING_LEVEL * setting.apart, 0.0)
    return noise + np.where(inside, levels[np.maximum(at, 0)], outside)
