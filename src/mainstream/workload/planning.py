"""Plan a node: state its problem, solve it, and refuse a plan that serves nobody."""

from dataclasses import replace

from mainstream.errors import InvalidInputError
from mainstream.planner import Plan, Policy, solve
from mainstream.workload.node_workload import NodeWorkload
from mainstream.workload.problem import build_problem


def plan_node(workload: NodeWorkload, policy: Policy = "mainstream") -> Plan:
    """The plan of that policy; apps that do not fit are in it, with why.

    `InvalidInputError` where there are no apps, or budget or memory are too small for even one of them.
    """
    node = workload.node
    field = f"EdgeNode {node.metadata.name}: spec.budget"
    if not workload.apps:
        raise InvalidInputError("no VideoApp looks at a stream of this node", field=f"EdgeNode {node.metadata.name}")
    problem = build_problem(workload)
    plan = solve(problem, policy=policy)
    if not any(app.fits for app in plan.apps):
        if problem.memory_bytes is not None and any(
            app.fits for app in solve(replace(problem, memory_bytes=None), policy=policy).apps
        ):
            raise InvalidInputError(
                f"{node.spec.runner.memory_mebibytes} MiB are too few for even one app (processes alone take "
                f"{workload.profile.resident_bytes >> 20} MiB); raise the limit",
                field=f"EdgeNode {node.metadata.name}: spec.runner.memoryMebibytes",
            )
        raise InvalidInputError(
            f"{problem.budget:g} CPU-seconds per second are too few for even one app at its lowest rate "
            f"(decoding and idle processes alone take {problem.overhead:.3f}); raise the budget",
            field=field,
        )
    return plan
