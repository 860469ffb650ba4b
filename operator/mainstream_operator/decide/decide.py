"""The operator's side of the decision path: an observation becomes its inputs. Pure.

What is decided, and how, stands in `mainstream.decide`, where the command line takes the same path.
"""

from collections.abc import Callable

from mainstream.api import EdgeNode
from mainstream.decide.asides.asides import Answered, with_asides
from mainstream.decide.decide import NodeDecision, decide_node
from mainstream.decide.inputs import NodeInputs
from mainstream.decide.planning import Planning
from mainstream.messages.runner_orders import Wanted
from mainstream.workload.compose import runner_stream
from mainstream_operator.observe.observation import Observation
from mainstream_operator.observe.runner_client import killed_for_memory_at


def decide(observation: Observation, planning: Planning) -> NodeDecision:
    """Decide for one node, but for what is asked beside its plan."""
    snapshot, report = observation.snapshot, observation.report
    inputs = NodeInputs(
        node=snapshot.edge_node,
        apps=snapshot.apps,
        refused=observation.refused,
        packages=observation.packages,
        predicting=observation.predicting,
        measured=None if report is None else report.profile,
        report=report,
        killed_at=killed_for_memory_at(snapshot.children.pods),
        running=observation.given_plan,
        at=observation.at,
        budget_shares=dict(snapshot.shares),
        contended_shares=dict(snapshot.contended_shares),
    )
    return decide_node(inputs, planning)


def answer(decision: NodeDecision, planning: Planning, enough: Callable[[], bool] = lambda: False) -> Answered:
    """The decision with what dry runs would change, and what the baselines would give, until `enough` is answered."""
    return with_asides(decision, planning, baselines=True, enough=enough)


def wanted_of(decision: NodeDecision, node: EdgeNode) -> Wanted:
    """What the runner has to profile before anything can be planned for it."""
    held = () if decision.out_of_memory is None else decision.out_of_memory.held_bases
    streams = {placed.stream_name: runner_stream(placed.stream, ()) for placed in decision.usable}
    return Wanted(
        bases=tuple(sorted({placed.package.base.name for placed in decision.usable}.difference(held))),
        streams=tuple(streams[name] for name in sorted(streams)),
        profile=decision.profile,
        declared=node.spec.profile is not None,
    )
