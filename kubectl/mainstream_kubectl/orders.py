"""The plan that a node's runner was given last, from the ConfigMaps that it lies in."""

import base64

from pydantic import ValidationError

from mainstream.errors import InvalidInputError
from mainstream.messages.packed_orders import MAX_PARTS, unpack_orders
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_operator.kinds import CONFIG_MAP
from mainstream_operator.kube import Kube, KubeError
from mainstream_operator.names import orders_name


def read_plan(kube: Kube, node: str, system: str) -> RunnerPlan | None:
    """The plan; None where there is none. `InvalidInputError` where it may not be read, or is of another version."""
    files: dict[str, bytes] = {}
    for number in range(MAX_PARTS):
        try:
            body = kube.get(CONFIG_MAP.ref(orders_name(node, number), system))
        except KubeError as error:
            raise InvalidInputError(
                f"cannot be read in namespace {system} ({error}); ask for the right to get configmaps there, or name "
                "the release's namespace with --system",
                field=f"the plan of node {node}",
            ) from None
        if body is None:
            break
        files |= {name: base64.b64decode(data) for name, data in (body.get("binaryData") or {}).items()}
    if not files:
        return None
    text = unpack_orders(files)
    if text is None or text.plan is None:
        return None
    try:
        return RunnerPlan.model_validate_json(text.plan)
    except ValidationError:
        raise InvalidInputError(
            "is of another version than this program; install the version of the operator", field=f"the plan of {node}"
        ) from None
