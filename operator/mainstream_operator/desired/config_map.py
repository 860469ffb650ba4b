"""The runner's orders: what it should profile, which hosts it may call for tenants, and the plan.

Names and digests only, nothing secret.
"""

import hashlib
import json

from mainstream.api import EdgeNode
from mainstream.hosts.rules import HostRules
from mainstream.runner_orders import HOSTS_FILE, PLAN_FILE, WANTED_FILE, Wanted
from mainstream_operator.desired.common import Desired, owned
from mainstream_operator.kinds import CONFIG_MAP


def orders_config_map(node: EdgeNode, namespace: str, wanted: Wanted, rules: HostRules, plan: str | None) -> Desired:
    """ConfigMap with the orders; `plan` is the text of a RunnerPlan, None before there is one."""
    data = {WANTED_FILE: wanted.model_dump_json(), HOSTS_FILE: rules.model_dump_json()}
    if plan is not None:
        data[PLAN_FILE] = plan
    return owned(CONFIG_MAP, node, namespace, {"data": data})


def orders_digest(orders: Desired) -> str:
    """Changes exactly when the runner has something new to read."""
    return hashlib.sha256(json.dumps(orders.body["data"], sort_keys=True).encode()).hexdigest()[:16]
