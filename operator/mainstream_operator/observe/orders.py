"""What a runner was given last: its orders, read back from its ConfigMap, so that a restart forgets nothing. Pure."""

from dataclasses import dataclass

from pydantic import ValidationError

from mainstream.runner_orders import PLAN_FILE
from mainstream.runner_plan import RunnerPlan
from mainstream_operator.kube import Body


@dataclass(frozen=True)
class GivenOrders:
    """What it was told to run."""

    plan: RunnerPlan | None = None
    """None where there is none, or one that somebody spoiled"""


def given_orders(config_map: Body | None) -> GivenOrders:
    """The orders in an existing ConfigMap."""
    text = ((config_map or {}).get("data") or {}).get(PLAN_FILE)
    if not isinstance(text, str):
        return GivenOrders()
    try:
        return GivenOrders(RunnerPlan.model_validate_json(text))
    except ValidationError:
        return GivenOrders()
