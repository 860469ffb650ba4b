"""What to believe of an operating point that was measured on little video.

A package says what was counted on held-out frames, and a planner that takes such counts at their word picks, among
dozens of thresholds and votes, the one that chance favoured most. With a hundred held-out frames of three events no
frame outside events may score above a threshold, and e = 0 promises perfect precision. So p and e are planned with as
posterior means of a Beta prior: two observations more than were seen, of a classifier that cannot tell the two apart.
Neighbouring frames are near duplicates: what counts as an observation is a block of an event's length.

A replayed curve is what the same few frames said, played at many rates and votes, so it is told with the same caution.
Its observations are the events that were played, and the quiet stretches of one merge gap in which an alert could have
opened; where streams were made of pictures, the pictures.
"""

import numpy as np

from mainstream.alerts.law import Number, false_stretches
from mainstream.alerts.merging import MergedEvents, merged_events
from mainstream.arrays import FloatArray
from mainstream.kept import KeptBeside
from mainstream.mpackage.curve import ReplayedCurve, ReplayedRate
from mainstream.mpackage.event_statistics import independent_frames, observations, statistics_of
from mainstream.mpackage.manifest import Evaluation, Manifest, MeasuredPoint, PackedCandidate
from mainstream.planner.problem import Candidate, OperatingPoint, ReplayedPoint
from mainstream.planner.replays import FALSE_SHARE, RECALL, ReplayedPoints
from mainstream.planner.tables.fingerprint import Points

PRIOR_BLOCKS = 2.0
"""weight of the prior, in blocks: one hit and one miss for a classifier at chance (Laplace's rule of succession)"""
_POINTS: KeptBeside[Points] = KeptBeside()
_REPLAYS: KeptBeside[ReplayedPoints] = KeptBeside()
"""A decision states its problem many times, each time with the same points: both live as long as their package."""


def cautious_candidate(candidate: PackedCandidate, package: Manifest, *, replayed: bool) -> Candidate:
    """A package's candidate to plan with, as if it cost nothing; with its replayed points if they hold for the app."""
    events, stretches = observations(candidate.evaluation, package.event_statistics.gap_s)
    return Candidate(
        name=candidate.name,
        kind=candidate.kind,
        branch_point=candidate.branch_point,
        segment=None,
        head_s=0.0,
        operating_points=cautious_points(candidate),
        replayed=cautious_replays(candidate, package) if replayed else (),
        observed_events=events,
        observed_stretches=stretches,
    )


def cautious_points(candidate: PackedCandidate) -> Points:
    """The operating points of a candidate to plan with."""
    return _POINTS.find(
        candidate, (), lambda: Points(cautious(at, candidate.evaluation) for at in candidate.operating_points)
    )


def cautious_replays(candidate: PackedCandidate, package: Manifest) -> ReplayedPoints:
    """The replayed points of a package's candidate to plan with."""
    events = merged_events(statistics_of(package.event_statistics))
    return _REPLAYS.find(candidate, events, lambda: _cautious_curve(candidate, events))


def _cautious_curve(candidate: PackedCandidate, events: MergedEvents) -> ReplayedPoints:
    rows = ReplayedCurve.of(candidate.replayed).numbers().copy()
    told = _cautious_shares(rows[:, RECALL], rows[:, FALSE_SHARE], candidate.evaluation, events)
    rows[:, RECALL], rows[:, FALSE_SHARE] = told
    return ReplayedPoints(rows)


def cautious(point: MeasuredPoint, evaluation: Evaluation) -> OperatingPoint:
    """The operating point to plan with; the more was held out, the nearer to what was measured."""
    chance = (point.p + point.e) / 2
    event_blocks, other_blocks = independent_frames(evaluation)
    return OperatingPoint(
        threshold=point.threshold,
        p=_posterior_mean(point.p, chance, event_blocks),
        e=_posterior_mean(point.e, chance, other_blocks),
        p_interval=point.p_interval,
        e_interval=point.e_interval,
    )


def cautious_replay(point: ReplayedRate, evaluation: Evaluation, events: MergedEvents) -> ReplayedPoint:
    """The replayed point to plan with; `events` are the package's, as they were replayed."""
    told = _cautious_shares(np.array([point.recall]), np.array([point.false_share]), evaluation, events)
    recall, false_share = (float(each[0]) for each in told)
    return ReplayedPoint(point.threshold, point.fps, point.votes, recall, false_share)


def _cautious_shares(
    recall: FloatArray, false_share: FloatArray, evaluation: Evaluation, events: MergedEvents
) -> tuple[FloatArray, FloatArray]:
    """Recall and share of quiet stretches of replayed points, by the events and quiet stretches behind them."""
    chance = (recall + false_share) / 2
    played: FloatArray | float
    stretches: FloatArray | float
    if evaluation.events:
        played = float(evaluation.events)
        stretches = false_stretches(recall * evaluation.events, evaluation.events, evaluation.quiet_s, events)
    else:
        played, stretches = independent_frames(evaluation)
    return _posterior_mean(recall, chance, played), _posterior_mean(false_share, chance, stretches)


def _posterior_mean(measured: Number, chance: Number, blocks: FloatArray | float) -> Number:
    mean: Number = (measured * blocks + chance * PRIOR_BLOCKS) / (blocks + PRIOR_BLOCKS)  # type: ignore[assignment]
    return mean
