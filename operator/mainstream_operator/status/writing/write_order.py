"""In which order statuses are written. Pure.

The node's own and its streams' first; then apps whose status is of an older spec, then the others, and in each group
the namespaces in turn: whoever makes 2,000 apps waits for them alone.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from mainstream_operator.status.statuses import ObjectStatus


def in_turn(statuses: Iterable[ObjectStatus]) -> Sequence[ObjectStatus]:
    """The same statuses in the order in which they are to be written."""
    before: dict[tuple[int, str], int] = {}
    placed: list[tuple[int, int, ObjectStatus]] = []
    for status in statuses:
        group = _group(status)
        namespace = (group, status.metadata.namespace or "")
        place = before[namespace] = before.get(namespace, -1) + 1
        placed.append((group, place, status))
    return [status for _, _, status in sorted(placed, key=lambda each: each[:2])]


def oldest_first(statuses: Iterable[ObjectStatus]) -> Sequence[ObjectStatus]:
    """The same statuses by when they were last written."""
    never = datetime.min.replace(tzinfo=UTC)

    def written(status: ObjectStatus) -> datetime:
        observed = None if status.before is None else status.before.observed
        return never if observed is None else observed.at

    return sorted(statuses, key=written)


def _group(status: ObjectStatus) -> int:
    if status.kind != "VideoApp":
        return 0
    told = None if status.before is None else status.before.observed_generation
    return 2 if told == status.metadata.generation else 1
