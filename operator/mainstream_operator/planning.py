"""The planner, with its last answers kept: unchanged input costs nothing and gives the same plan."""

import hashlib
import threading
from collections import OrderedDict

from mainstream.planner import Plan, Policy, Problem, problem_to_json, solve

_DEADLINE_S = 5.0
_KEPT = 256


class Planning:
    """Plans for all nodes; may be used from several threads."""

    def __init__(self) -> None:
        self._plans: OrderedDict[tuple[str, str], Plan] = OrderedDict()
        self._lock = threading.Lock()

    def try_alone(self, problem: Problem) -> None:
        """Raise what is wrong with a problem of one app: `InvalidInputError` where no budget would help."""
        self.solve(problem, "mainstream")

    def solve(self, problem: Problem, policy: Policy) -> Plan:
        """The plan for a problem."""
        key = (hashlib.sha256(problem_to_json(problem).encode()).hexdigest(), policy)
        with self._lock:
            known = self._plans.get(key)
            if known is not None:
                self._plans.move_to_end(key)
                return known
        plan = solve(problem, policy, deadline_s=_DEADLINE_S)
        with self._lock:
            self._plans[key] = plan
            while len(self._plans) > _KEPT:
                self._plans.popitem(last=False)
        return plan
