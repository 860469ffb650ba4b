"""One reconcile of one node, in seven steps. Runs in a thread; what it needs is passed in.

What is observed here once is what all of it is decided from. What the API server refuses to apply is said in the
EdgeNode's status, beside everybody's, and tried again. Any other failure ends the reconcile and leaves the rest for the
next one, which starts from what then is.
"""

import time

from mainstream_operator.apply.apply import apply
from mainstream_operator.apply.signed_urls import send_signed_urls
from mainstream_operator.decide.decide import answer, decide
from mainstream_operator.decide.requeue import ON_ITS_WAY_S, requeue_after_s
from mainstream_operator.desired.state import desired_state
from mainstream_operator.observe.observe import observe
from mainstream_operator.status.statuses import object_statuses
from mainstream_operator.tools import Tools
from mainstream_operator.watch.snapshot import NodeSnapshot

_ANSWERING_S = 1.0
"""after which what is asked beside a plan waits for the next reconcile, so that statuses do not"""


def reconcile(snapshot: NodeSnapshot, tools: Tools) -> float:
    """Make one node what it should be; seconds after which to requeue it."""
    # 1. Observe: ask for what the watches do not know.
    observation = observe(snapshot, tools.sources)
    # 2. Decide: who is refused, who waits, and the plan.
    decision = decide(observation, tools.planning)
    # 3. Desired: what should exist.
    desired = desired_state(observation, decision, tools.settings)
    # 4. Apply: make it exist.
    not_applied = apply(desired, tools.kube)
    # 5. Sign URLs: for what the runner lacks.
    send_signed_urls(observation, decision.runner_plan, tools.sources.packages)
    # 6. Answer: what is asked beside the plan, which runs already. Right after it was rolled out statuses come first.
    rolled_out = decision.runner_plan != observation.given_plan and not not_applied
    until_s = time.monotonic() + (0.0 if rolled_out else _ANSWERING_S)
    answered = answer(decision, tools.planning, lambda: time.monotonic() > until_s or tools.news(snapshot.node))
    decision = answered.decision
    # 7. Statuses: say how it is, where that is worth a write.
    statuses = object_statuses(observation, decision, not_applied)
    refresh_s = tools.status_writer.write(statuses, observation.at, lambda: tools.news(snapshot.node))
    tools.metrics.record(observation, decision)
    after_s = requeue_after_s(observation, decision, refresh_s, refused=bool(not_applied))
    return after_s if answered.finished else min(after_s, ON_ITS_WAY_S)
