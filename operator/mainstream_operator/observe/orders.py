"""What a runner was given last: its orders, read back from its ConfigMaps, so that a restart forgets nothing. Pure."""

import base64
from collections.abc import Iterable

from mainstream.errors import InvalidInputError
from mainstream.messages.packed_orders import unpack_orders
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_operator.kube import Body


def given_plan(config_maps: Iterable[Body]) -> RunnerPlan | None:
    """The plan in existing ConfigMaps; None where there is none, or one that somebody spoiled."""
    files = {name: data for each in config_maps for name, data in (each.get("binaryData") or {}).items()}
    try:
        text = unpack_orders({name: base64.b64decode(data) for name, data in files.items()})
        return None if text is None or text.plan is None else RunnerPlan.model_validate_json(text.plan)
    except (InvalidInputError, ValueError):
        return None
