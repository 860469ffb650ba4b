"""The runner's orders: what it should profile, and the plan. Names and digests only, nothing secret."""

import hashlib
import json
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from mainstream.api import EdgeNode
from mainstream.runner_orders import PLAN_FILE, WANTED_FILE, Wanted
from mainstream.runner_plan import RunnerPlan
from mainstream_operator.desired.common import Desired, owned
from mainstream_operator.kinds import CONFIG_MAP
from mainstream_operator.kube import Body

_Model = TypeVar("_Model", bound=BaseModel)


def orders_config_map(node: EdgeNode, namespace: str, wanted: Wanted, plan: str | None) -> Desired:
    """ConfigMap with the orders; `plan` is the text of a RunnerPlan, None before there is one."""
    data = {WANTED_FILE: wanted.model_dump_json()}
    if plan is not None:
        data[PLAN_FILE] = plan
    return owned(CONFIG_MAP, node, namespace, {"data": data})


def orders_digest(orders: Desired) -> str:
    """Changes exactly when the runner has something new to read."""
    return hashlib.sha256(json.dumps(orders.body["data"], sort_keys=True).encode()).hexdigest()[:16]


def ordered_plan(config_map: Body | None) -> RunnerPlan | None:
    """The plan of an existing ConfigMap; None where there is none, or one that somebody spoiled."""
    return _part(config_map, PLAN_FILE, RunnerPlan)


def ordered_wanted(config_map: Body | None) -> Wanted | None:
    """What an existing ConfigMap has profiled; None where there is none, or one that somebody spoiled."""
    return _part(config_map, WANTED_FILE, Wanted)


def _part(config_map: Body | None, file: str, model: type[_Model]) -> _Model | None:
    text = ((config_map or {}).get("data") or {}).get(file)
    if not isinstance(text, str):
        return None
    try:
        return model.model_validate_json(text)
    except ValidationError:
        return None
