"""What follows from an app's verdicts and labels: each part worked out when it is first asked for, and once."""

from dataclasses import dataclass
from functools import cached_property

from mainstream.review.objects import DrawnFrame
from mainstream.review.quality import MeasuredQuality, MoreLabels, Reviewed, measured_quality, worth_most
from mainstream.review.tally import KeptForReview, reviewed, unlabelled


@dataclass(frozen=True)
class Assessment:
    """One app as people saw it."""

    kept: KeptForReview

    @cached_property
    def state(self) -> Reviewed | None:
        """What is known; None without an alert."""
        return reviewed(self.kept)

    @cached_property
    def quality(self) -> MeasuredQuality | None:
        """As measured; None while one half of it is unknown."""
        return None if self.state is None else measured_quality(self.state)

    @cached_property
    def more(self) -> MoreLabels | None:
        """Where the next labels are worth most; None without an alert."""
        return None if self.state is None else worth_most(self.state)

    @cached_property
    def waiting(self) -> list[DrawnFrame]:
        """Frames on which a label would tell something: those of the stratum that is worth most first, then from near
        to far, each in order of time.
        """
        best = None if self.more is None else self.more.stratum
        frames = unlabelled(self.kept)[1]
        return sorted(frames, key=lambda frame: (frame.stratum != best, frame.stratum, frame.at_s))
