"""With how many others an app shares work. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from mainstream.messages.runner_plan import RunnerApp, RunnerPlan


def shared_counts(plan: RunnerPlan) -> dict[str, int]:
    """For each app of the plan, by name, how many others run at least one segment together with it.

    These look at the same view with the same base, and both have something frozen, or something tuned alike.
    """
    if not plan.sharing:
        return {app.name: 0 for app in plan.apps}
    groups: dict[tuple[str, str, str], list[RunnerApp]] = {}
    for app in plan.apps:
        groups.setdefault((app.stream, app.view, app.base_digest), []).append(app)
    return {name: count for group in groups.values() for name, count in _counts(group).items()}


def _counts(group: Sequence[RunnerApp]) -> dict[str, int]:
    """Of apps with one view and base. Only those that have nothing frozen are compared by what is tuned."""
    private = {app.name: frozenset(segment.prefix_hash for segment in app.segments) for app in group}
    tuned_whole = [app.name for app in group if app.branch_point == 0]
    partly_frozen = [app.name for app in group if app.branch_point > 0]
    among_all, among_tuned = _Alike(private.values()), _Alike(private[name] for name in tuned_whole)
    counts = {name: among_all.count(private[name]) - bool(private[name]) for name in tuned_whole}
    return counts | {name: len(partly_frozen) - 1 + among_tuned.count(private[name]) for name in partly_frozen}


class _Alike:
    """Counts sets that have a member in common with one: equal ones, of which there are many, at once."""

    def __init__(self, sets: Iterable[frozenset[str]]) -> None:
        self._times = Counter(sets)
        self._with: dict[str, set[frozenset[str]]] = {}
        for each in self._times:
            for member in each:
                self._with.setdefault(member, set()).add(each)

    def count(self, members: frozenset[str]) -> int:
        """How many of all of them, itself among them where it is one and not empty."""
        found = {each for member in members for each in self._with.get(member, ())}
        return sum(self._times[each] for each in found)
