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

from functools import lru_cache

from mainstream.alerts.law import false_stretches
from mainstream.alerts.merging import MergedEvents, merged_events
from mainstream.mpackage.curve import ReplayedCurve, ReplayedRate
from mainstream.mpackage.event_statistics import independent_frames, observations, statistics_of
from mainstream.mpackage.manifest import Evaluation, Manifest, MeasuredPoint, PackedCandidate
from mainstream.planner.problem import Candidate, OperatingPoint, ReplayedPoint

PRIOR_BLOCKS = 2.0
"""weight of the prior, in blocks: one hit and one miss for a classifier at chance (Laplace's rule of succession)"""
CURVES_KEPT = 128
"""A decision states its problem many times, each time with the same curves: those of ten apps or more are kept."""


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


def cautious_points(candidate: PackedCandidate) -> tuple[OperatingPoint, ...]:
    """The operating points of a candidate to plan with."""
    return tuple(cautious(at, candidate.evaluation) for at in candidate.operating_points)


def cautious_replays(candidate: PackedCandidate, package: Manifest) -> tuple[ReplayedPoint, ...]:
    """The replayed points of a package's candidate to plan with."""
    events = merged_events(statistics_of(package.event_statistics))
    return _cautious_curve(candidate.replayed, candidate.evaluation, events)


@lru_cache(maxsize=CURVES_KEPT)
def _cautious_curve(curve: ReplayedCurve, evaluation: Evaluation, events: MergedEvents) -> tuple[ReplayedPoint, ...]:
    return tuple(cautious_replay(at, evaluation, events) for at in curve)


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
    chance = (point.recall + point.false_share) / 2
    played, stretches = _observations(point, evaluation, events)
    return ReplayedPoint(
        threshold=point.threshold,
        fps=point.fps,
        votes=point.votes,
        recall=_posterior_mean(point.recall, chance, played),
        false_share=_posterior_mean(point.false_share, chance, stretches),
    )


def _observations(point: ReplayedRate, evaluation: Evaluation, events: MergedEvents) -> tuple[float, float]:
    """Events and quiet stretches that stand behind a replayed point."""
    if not evaluation.events:
        return independent_frames(evaluation)
    found = point.recall * evaluation.events
    return evaluation.events, false_stretches(found, evaluation.events, evaluation.quiet_s, events)


def _posterior_mean(measured: float, chance: float, blocks: float) -> float:
    return (measured * blocks + chance * PRIOR_BLOCKS) / (blocks + PRIOR_BLOCKS)
