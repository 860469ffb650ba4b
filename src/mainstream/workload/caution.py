"""What to believe of an operating point that was measured on little video.

A package says what was counted on held-out frames, and a planner that takes such counts at their word picks, among
dozens of thresholds and votes, the one that chance favoured most. With a hundred held-out frames of three events no
frame outside events may score above a threshold, and e = 0 promises perfect precision. So p and e are planned with as
posterior means of a Beta prior: two observations more than were seen, of a classifier that cannot tell the two apart.
Neighbouring frames are near duplicates: what counts as an observation is a block of an event's length.
"""

from mainstream.mpackage.manifest import Evaluation
from mainstream.mpackage.manifest import OperatingPoint as MeasuredPoint
from mainstream.planner.problem import OperatingPoint

_PRIOR_BLOCKS = 2.0
"""weight of the prior, in blocks: one hit and one miss for a classifier at chance (Laplace's rule of succession)"""


def cautious(point: MeasuredPoint, evaluation: Evaluation) -> OperatingPoint:
    """The operating point to plan with; the more was held out, the nearer to what was measured."""
    chance = (point.p + point.e) / 2
    return OperatingPoint(
        threshold=point.threshold,
        p=_posterior_mean(point.p, chance, evaluation.frames_event / evaluation.block_frames),
        e=_posterior_mean(point.e, chance, evaluation.frames_other / evaluation.block_frames),
    )


def _posterior_mean(measured: float, chance: float, blocks: float) -> float:
    return (measured * blocks + chance * _PRIOR_BLOCKS) / (blocks + _PRIOR_BLOCKS)
