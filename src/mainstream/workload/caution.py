"""What to believe of an operating point that was measured on little video.

A package says what was counted on held-out frames, and a planner that takes such counts at their word picks, among
dozens of thresholds and votes, the one that chance favoured most. With a hundred held-out frames of three events no
frame outside events may score above a threshold, and e = 0 promises perfect precision. So p and e are planned with as
posterior means of a Beta prior: two observations more than were seen, of a classifier that cannot tell the two apart.
Neighbouring frames are near duplicates: what counts as an observation is a block of an event's length.

A replayed curve is what the same few frames said, played at many rates and votes, and the best of its hundreds of
points is the luckiest. So it is believed as its own posterior mean (docs/design.md, "Believed"): beside the two
observations at chance the prior holds `LAW_OBSERVATIONS` of what the law of alerts says of the point. The law has p, e
and the events' lengths to go by, and so far less to be lucky with. A replay's observations are the events that were
played, and the quiet stretches of one merge gap in which an alert could have opened; where streams were made of
pictures, the pictures.
"""

from collections.abc import Sequence

import numpy as np

from mainstream.alerts.certainty import ENOUGH
from mainstream.alerts.law import as_replay, false_stretches
from mainstream.alerts.merging import MergedEvents, merged_events
from mainstream.arrays import FloatArray
from mainstream.kept import KeptBeside
from mainstream.mpackage.curve import ReplayedCurve
from mainstream.mpackage.event_statistics import independent_frames, observations, statistics_of
from mainstream.mpackage.manifest import Evaluation, Manifest, MeasuredPoint, PackedCandidate
from mainstream.planner.problem import DEFAULT_VOTES, Candidate, OperatingPoint
from mainstream.planner.replays import FALSE_SHARE, FPS, RECALL, THRESHOLD, VOTES, ReplayedPoints
from mainstream.planner.tables.points import Points
from mainstream.planner.tables.work import MOST_WORK

PRIOR_BLOCKS = 2.0
"""weight of the prior, in blocks: one hit and one miss for a classifier at chance (Laplace's rule of succession)"""
LAW_OBSERVATIONS = float(ENOUGH)
"""what the law of alerts counts for beside a replay: as much as the least that is not called thin"""
_MOST_RATES = 32
"""that the law is asked for; a curve of more, which no trainer makes, gets what it says of the rate next above"""
_MOST_LOOKS = 2000.0
"""in the longest event, or in a merge gap, that the law is asked for; with so many, more change nothing"""
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
    statistics = statistics_of(package.event_statistics)
    events, correlation = merged_events(statistics), statistics.correlation
    work = sum(len(each.operating_points) for each in package.candidates) * len(DEFAULT_VOTES) * _MOST_LOOKS
    # A package whose law would take longer than its app's own table may is believed without it.
    points = cautious_points(candidate) if work <= MOST_WORK else ()

    def believed() -> ReplayedPoints:
        rows = ReplayedCurve.of(candidate.replayed).numbers()
        return ReplayedPoints(cautious_rows(rows, points, candidate.evaluation, events, correlation))

    return _REPLAYS.find(candidate, (events, correlation, work <= MOST_WORK), believed)


def cautious_rows(
    rows: FloatArray,
    points: Sequence[OperatingPoint],
    evaluation: Evaluation,
    events: MergedEvents,
    correlation: float,
) -> FloatArray:
    """Replayed points (n, 5) to plan with; `events` are those that were replayed, `points` those the law may go by."""
    recall, share = rows[:, RECALL], rows[:, FALSE_SHARE]
    weight, by_law, share_by_law = _law_at(rows, points, events, correlation)
    played, stretches = _observations(recall, evaluation, events)
    chance = (recall + share) / 2
    told = rows.copy()
    for column, law, seen in ((RECALL, by_law, played), (FALSE_SHARE, share_by_law, stretches)):
        total = rows[:, column] * seen + law * weight + chance * PRIOR_BLOCKS
        told[:, column] = total / (seen + weight + PRIOR_BLOCKS)
    return told


def _law_at(
    rows: FloatArray, points: Sequence[OperatingPoint], events: MergedEvents, correlation: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """For each replayed point: what the law counts for, its recall, and its share of stretches with a false alert.

    It counts for nothing where there is no operating point at the threshold.
    """
    if not points or not len(rows):
        nothing = np.zeros(len(rows))
        return nothing, nothing, nothing
    ordered = sorted(points, key=lambda point: point.threshold)
    known, p, e = (np.array([getattr(point, name) for point in ordered]) for name in ("threshold", "p", "e"))
    rates, votes = np.unique(rows[:, FPS]), np.unique(rows[:, VOTES]).astype(np.int64)
    rates = rates[np.unique(np.linspace(0, len(rates) - 1, _MOST_RATES).round().astype(np.int64))]
    longest_s = max(events.gap_s, *(piece_s for event in events.events for piece_s in event.pieces_s))
    recall, share = as_replay(p, e, np.minimum(rates, _MOST_LOOKS / longest_s), votes, events, correlation)
    at = np.minimum(np.searchsorted(known, rows[:, THRESHOLD]), len(known) - 1)
    of_row = np.searchsorted(rates, rows[:, FPS]), np.searchsorted(votes, rows[:, VOTES]), at
    weight = np.where(known[at] == rows[:, THRESHOLD], LAW_OBSERVATIONS, 0.0)
    return weight, recall[of_row], share[of_row]


def _observations(recall: FloatArray, evaluation: Evaluation, events: MergedEvents) -> tuple[float, FloatArray | float]:
    """Events, and quiet stretches (n,), that stand behind replayed points of such recall (n,)."""
    if not evaluation.events:
        return independent_frames(evaluation)
    found = recall * evaluation.events
    return evaluation.events, false_stretches(found, evaluation.events, evaluation.quiet_s, events)


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


def _posterior_mean(measured: float, chance: float, blocks: float) -> float:
    return (measured * blocks + chance * PRIOR_BLOCKS) / (blocks + PRIOR_BLOCKS)
