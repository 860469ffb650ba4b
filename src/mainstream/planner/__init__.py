"""The planner: problem in, plan out, both plain data with a stable JSON form (docs/planner.md).

problem.py, plan.py      what there is to decide, and what was decided
validation.py, forms.py  well-formed problems; their JSON
replays.py               replayed points as numbers
tables/                  best threshold and votes for each (candidate, rate), and what they are predicted to give
compile.py               the problem as arrays
exact/                   the best choice of options: bounds, boxes, the loop
baselines.py, greedy.py  the other policies
deadline.py              how late it is
solve.py                 from a problem to a plan
answer/                  rows of the search become a plan; why, in words; what if
sweep.py                 what over a range of budgets
published.py, synthetic.py  the published setup; random problems
"""

from mainstream.laws.chain import EventStatistics
from mainstream.laws.cost import Cost, Segment, SegmentCost
from mainstream.planner.forms import plan_to_json, problem_from_json, problem_to_json, schema
from mainstream.planner.plan import AppPlan, Plan
from mainstream.planner.problem import (
    App,
    Candidate,
    Objective,
    OperatingPoint,
    Pin,
    Problem,
    ReplayedPoint,
    Running,
    Switching,
)
from mainstream.planner.solve import POLICIES, Policy, all_fit, solve

__all__ = [
    "POLICIES",
    "App",
    "AppPlan",
    "Candidate",
    "Cost",
    "EventStatistics",
    "Objective",
    "OperatingPoint",
    "Pin",
    "Plan",
    "Policy",
    "Problem",
    "ReplayedPoint",
    "Running",
    "Segment",
    "SegmentCost",
    "Switching",
    "all_fit",
    "plan_to_json",
    "problem_from_json",
    "problem_to_json",
    "schema",
    "solve",
]
