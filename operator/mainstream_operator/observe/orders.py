"""What a runner was given last: its orders, read back from its ConfigMaps, so that a restart forgets nothing. Pure."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from mainstream.errors import InvalidInputError
from mainstream.messages.packed_orders import unpack_orders
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_operator.kube import Body


@dataclass(frozen=True)
class GivenOrders:
    """The plan that it was given."""

    plan: RunnerPlan | None = None
    """None where there is none, or one that somebody spoiled"""


def given_orders(config_maps: Iterable[Body]) -> GivenOrders:
    """The orders in existing ConfigMaps."""
    files = {name: data for each in config_maps for name, data in (each.get("binaryData") or {}).items()}
    try:
        text = unpack_orders({name: base64.b64decode(data) for name, data in files.items()})
        return GivenOrders(None if text is None or text.plan is None else RunnerPlan.model_validate_json(text.plan))
    except (InvalidInputError, ValueError):
        return GivenOrders()
