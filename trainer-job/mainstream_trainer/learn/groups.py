"""In which order candidates are trained, what each goes on from, and which of them may be trained side by side.

The candidate whose stem is nearest to half of the base network comes first, and begins from the base network: with less
to train its steps cost half, and it has layers enough. From there candidates that freeze less and candidates that
freeze more go on, each from its neighbour; so each begins with layers that have learnt together.

Groups of neighbours may be trained side by side, as by the pods of an Indexed Job. Everything frozen is so cheap that
the first group trains it besides. Invariant: what a candidate goes on from depends on the groups alone, not on who
trains them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from mainstream.nn.network import Network
from mainstream_trainer.data.preparation import Job
from mainstream_trainer.settings import TrainingSettings

_MIDDLE = 0.5
_FIRST = TrainingSettings().epochs / TrainingSettings().epochs_going_on
"""what a group's first candidate costs over one that goes on: it sees the frames more often"""


@dataclass(frozen=True)
class Step:
    """One candidate to train."""

    branch_point: int
    start: int | None = None
    """branch-point of the candidate that it goes on from; None: it begins from the base network"""


def groups_of_job(job: Job) -> list[list[Step]]:
    """The candidates that a job asks for, in the order in which they are trained."""
    request = job.request
    return groups_of(job.branch_points, request.settings.groups, job.network, request.common_stem)


def groups_of(
    branch_points: Sequence[int], count: int, network: Network, common_stem: int | None = None
) -> list[list[Step]]:
    """At most `count` groups of neighbours, least frozen first, the dearest as cheap as can be; all frozen leads the
    first. No groups where there are no branch-points.

    Nothing goes on from the candidate that has a common stem: that is not the app's own.
    """
    if not branch_points:
        return []
    *others, frozen = sorted(set(branch_points))
    shares = {k: network.branch_points[k].cost_share for k in others}

    def ordered(group: Sequence[int]) -> list[Step]:
        own = [k for k in group if k != common_stem]
        apart = [Step(k) for k in group if k == common_stem]
        if not own:
            return apart
        first = own.index(_first(own, shares))
        below = [Step(own[at], own[at + 1]) for at in reversed(range(first))]
        above = [Step(own[at], own[at - 1]) for at in range(first + 1, len(own))]
        return [*apart, Step(own[first]), *below, *above]

    first, *more = [ordered(group) for group in _split(others, count, shares)] or [[]]
    return [[Step(frozen), *first], *more]


def work_of(frozen_share: float) -> float:
    """About how long a candidate takes against others: what of the base network is trained, and a little besides."""
    return 1.02 - frozen_share


def _first(group: Sequence[int], shares: dict[int, float]) -> int:
    return min(group, key=lambda k: abs(shares[k] - _MIDDLE))


def _split(others: Sequence[int], count: int, shares: dict[int, float]) -> list[Sequence[int]]:
    """Neighbours together."""

    def work(group: Sequence[int]) -> float:
        return sum(work_of(shares[k]) for k in group) + (_FIRST - 1) * work_of(shares[_first(group, shares)])

    @cache
    def best(start: int, groups: int) -> tuple[float, tuple[int, ...]]:
        """The dearest group's work, and where groups begin, of those from `start` on."""
        if groups == 1:
            return work(others[start:]), (start,)
        ends = range(start + 1, len(others) - groups + 2)
        return min(
            (max(work(others[start:end]), dearest), (start, *begins))
            for end in ends
            for dearest, begins in [best(end, groups - 1)]
        )

    if not others:
        return []
    _, begins = best(0, min(count, len(others)))
    return [others[begin:end] for begin, end in zip(begins, (*begins[1:], len(others)), strict=True)]
