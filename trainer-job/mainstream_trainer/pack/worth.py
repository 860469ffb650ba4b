"""Which candidates are not worth their cost: another one is at least as good at every point, and never dearer. Pure.

What a node pays for a candidate depends on who else runs there. Never dearer than a micro-head is another one on its
tap or before it: the stem of the one is the beginning of the other's. Never dearer than a fine-tuned candidate is a
micro-head whose tap lies at its branch-point or before, and one that freezes more: alone they cost the same, and beside
others it shares more.
"""

from collections.abc import Collection, Mapping, Sequence

from mainstream_trainer.learn.candidate import TrainedCandidate
from mainstream_trainer.measure.evaluation import Measured, matches


def find_better(
    candidates: Sequence[TrainedCandidate],
    measured: Mapping[str, Measured],
    common_stem: int | None,
    kept: Collection[str] = (),
) -> dict[str, str]:
    """Of each candidate that is not worth its cost one that is, or that is `kept` all the same, by name."""
    stay: list[TrainedCandidate] = []
    better: dict[str, str] = {}
    for candidate in sorted(candidates, key=lambda each: _dearness(each, measured)):
        found = next((each.name for each in stay if _is_better(each, candidate, measured, common_stem)), None)
        if found is not None:
            better[candidate.name] = found
        if found is None or candidate.name in kept:
            stay.append(candidate)
    return better


def _is_better(
    other: TrainedCandidate, candidate: TrainedCandidate, measured: Mapping[str, Measured], common_stem: int | None
) -> bool:
    if not _never_dearer(other, candidate, common_stem):
        return False
    return matches(measured[candidate.name].every_point, measured[other.name].every_point)


def _never_dearer(other: TrainedCandidate, candidate: TrainedCandidate, common_stem: int | None) -> bool:
    if other.kind == "micro":
        return other.branch_point <= candidate.branch_point
    if candidate.kind == "micro":
        return False
    # A common stem is shared to its end, so of fine-tuned ones only everything frozen is never dearer than that.
    shared_to_its_end = candidate.branch_point == common_stem
    return other.branch_point > candidate.branch_point and (not shared_to_its_end or not other.segments)


def _dearness(candidate: TrainedCandidate, measured: Mapping[str, Measured]) -> tuple[bool, int, float, str]:
    """Micro-heads are cheap, and cheaper on an early tap, the better first; of fine-tuned ones those that freeze more.

    Nobody is better than one before: so whatever makes another one not worth its cost is known by then.
    """
    if candidate.kind == "fine-tuned":
        return True, -candidate.branch_point, 0.0, candidate.name
    merit = sum(point.p - point.e for point in measured[candidate.name].every_point)
    return False, candidate.branch_point, -merit, candidate.name
