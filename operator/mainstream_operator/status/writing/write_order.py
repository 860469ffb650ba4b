"""In which order statuses are written. Pure.

The node's own and its streams' first; then those of apps, the namespaces in turn, and of each namespace first the apps
whose status is of an older spec: whoever makes 10,000 apps waits for them alone, and keeps no status of a neighbour's
that changed waiting either.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from mainstream_operator.status.statuses import ObjectStatus


def in_turn(statuses: Iterable[ObjectStatus]) -> Sequence[ObjectStatus]:
    """The same statuses in the order in which they are to be written; of equals the earlier first."""
    known = list(statuses)
    apps = sorted((each for each in known if each.kind == "VideoApp"), key=_says_of_this_spec)
    return [*(each for each in known if each.kind != "VideoApp"), *_by_turns(apps)]


def oldest_first(statuses: Iterable[ObjectStatus]) -> Sequence[ObjectStatus]:
    """The same statuses by when they were last written, the namespaces in turn: who has a hundred apps does not keep
    the status of a neighbour's four from being written anew.
    """
    never = datetime.min.replace(tzinfo=UTC)

    def written(status: ObjectStatus) -> datetime:
        observed = None if status.before is None else status.before.observed
        return never if observed is None else observed.at

    return _by_turns(sorted(statuses, key=written))


def _by_turns(statuses: Iterable[ObjectStatus]) -> Sequence[ObjectStatus]:
    """The first of each namespace, then the second of each, and so on."""
    turns: Counter[str] = Counter()
    placed: list[tuple[int, ObjectStatus]] = []
    for each in statuses:
        namespace = each.metadata.namespace or ""
        placed.append((turns[namespace], each))
        turns[namespace] += 1
    return [each for _, each in sorted(placed, key=lambda turn: turn[0])]


def _says_of_this_spec(status: ObjectStatus) -> bool:
    told = None if status.before is None else status.before.observed_generation
    return told == status.metadata.generation
