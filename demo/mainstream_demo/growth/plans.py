"""Which apps, how many of them, and everybody's plan for them."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mainstream.decide.decide import decide_node
from mainstream.decide.inputs import PackageState
from mainstream.decide.node_plan import NodePlan
from mainstream.decide.planning import StepPlanning
from mainstream.messages.node_profile import NodeProfile
from mainstream.mpackage.manifest import Manifest
from mainstream.offline import offline_node, planned
from mainstream.planner import Policy
from mainstream_demo.example import DemoExample
from mainstream_demo.result import POLICIES

_ORDERS = 4
"""in which apps come one after the other: few apps are another few in each"""
_COUNTS = (2, 4, 6, 9, 12, 16)


@dataclass(frozen=True)
class Crowd:
    """Some of the apps, by key, in the order of the manifests."""

    apps: tuple[str, ...]


Plans = dict[tuple[Crowd, Policy], NodePlan]
"""of every crowd under every policy that its packages have what it needs"""


@dataclass(frozen=True)
class Planner:
    """Plans for some of the apps of an example."""

    example: DemoExample
    profile: NodeProfile
    packages: Mapping[str, Manifest]
    """by app key"""

    def plan(self, crowd: Crowd, policy: Policy) -> NodePlan | None:
        """None where a package lacks what the policy needs, or a baseline may serve nobody.

        `InvalidInputError` where Mainstream's own plan serves nobody.
        """
        packages = {key: self.packages[key] for key in crowd.apps}
        if policy == "no-sharing" and not all(map(_has_whole_fine_tune, packages.values())):
            return None
        node = offline_node(self.example.only(crowd.apps))
        states = {key: PackageState(manifest=manifest) for key, manifest in packages.items()}
        decision = decide_node(node.inputs(states, self.profile), StepPlanning(time.monotonic), policy)
        if policy == POLICIES[0]:
            return planned(decision, node.node)[0]
        return decision.plan


def crowds(example: DemoExample) -> list[Crowd]:
    """From two apps to all of them, which are the last: as many first ones of some orders, the same each time.

    The example's own apps come first in each, so that few apps are some of them.
    """
    own = [key for key in example.keys if key in example.own_apps]
    more = [key for key in example.keys if key not in example.own_apps]
    orders = [_shuffled(own, seed) + _shuffled(more, seed) for seed in range(_ORDERS)]
    counts = [count for count in _COUNTS if count < len(example.keys)]
    found = [_in_order(example.keys, order[:count]) for count in counts for order in orders]
    return list(dict.fromkeys([*found, Crowd(example.keys)]))


def plan_all(planner: Planner, asked: Sequence[Crowd], on_share: Callable[[float], None]) -> Plans:
    """Every crowd's plan under every policy."""
    plans: Plans = {}
    for number, crowd in enumerate(asked, start=1):
        for policy in POLICIES:
            made = planner.plan(crowd, policy)
            if made is not None and made.plan is not None:
                plans[crowd, policy] = made
        on_share(number / len(asked))
    return plans


def _has_whole_fine_tune(package: Manifest) -> bool:
    return any(each.kind == "fine-tuned" and each.branch_point == 0 for each in package.candidates)


def _shuffled(keys: Sequence[str], seed: int) -> list[str]:
    return random.Random(seed).sample(keys, len(keys))  # noqa: S311 - nothing secret


def _in_order(keys: Sequence[str], some: Sequence[str]) -> Crowd:
    return Crowd(tuple(key for key in keys if key in some))
