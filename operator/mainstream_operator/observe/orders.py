"""What a runner was given last: its orders, read back from its ConfigMap, so that a restart forgets nothing. Pure."""

from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from mainstream.runner_orders import PLAN_FILE, WANTED_FILE, Wanted
from mainstream.runner_plan import RunnerPlan
from mainstream_operator.kube import Body

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class GivenOrders:
    """Either is None where there is none, or one that somebody spoiled."""

    plan: RunnerPlan | None = None
    wanted: Wanted | None = None
    """what it was asked to profile"""


def given_orders(config_map: Body | None) -> GivenOrders:
    """The orders in an existing ConfigMap."""
    return GivenOrders(_part(config_map, PLAN_FILE, RunnerPlan), _part(config_map, WANTED_FILE, Wanted))


def _part(config_map: Body | None, file: str, model: type[_Model]) -> _Model | None:
    text = ((config_map or {}).get("data") or {}).get(file)
    if not isinstance(text, str):
        return None
    try:
        return model.model_validate_json(text)
    except ValidationError:
        return None
