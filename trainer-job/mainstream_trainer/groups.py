"""Branch-points in groups that may be trained side by side, as by the pods of an Indexed Job.

Every group starts from the candidate with everything frozen, which is cheap enough that each trains it; within a group
each candidate starts from the one before. Invariant: what a candidate starts from depends on the groups alone, not on
who trains them.
"""

from collections.abc import Sequence

from mainstream.nn.network import Network


def groups_of(branch_points: Sequence[int], count: int, network: Network) -> list[list[int]]:
    """At most `count` groups of neighbours, most frozen first, each about as much work; all frozen is in every one."""
    frozen, *others = sorted(set(branch_points), reverse=True)
    work = [1.02 - network.branch_points[k].cost_share for k in others]
    groups: list[list[int]] = [[] for _ in range(min(count, max(1, len(others))))]
    done = 0.0
    for left, (branch_point, own) in zip(range(len(others), 0, -1), zip(others, work, strict=True), strict=True):
        by_work = int(len(groups) * (done + own / 2) / sum(work))
        # No group is left empty: the last ones take one each if need be.
        at_least = len(groups) - left
        groups[min(max(by_work, at_least, 0), len(groups) - 1)].append(branch_point)
        done += own
    return [[frozen, *group] for group in groups if group] or [[frozen]]
