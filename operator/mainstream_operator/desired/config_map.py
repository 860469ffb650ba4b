"""The runner's orders: what it should profile, and the plan. Names and digests only, nothing secret.

They lie in one ConfigMap, and in further ones beside it where they are larger than one can be.
"""

import base64
import hashlib

from mainstream.api import EdgeNode
from mainstream.messages.packed_orders import INDEX_FILE, MAX_PARTS, OrdersText, pack_orders, part_file
from mainstream.messages.runner_orders import Wanted
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_operator.desired.common import Desired, owned
from mainstream_operator.kinds import CONFIG_MAP
from mainstream_operator.names import orders_name


def orders_config_maps(node: EdgeNode, namespace: str, wanted: Wanted, plan: RunnerPlan | None) -> tuple[Desired, ...]:
    """One ConfigMap for each part of the orders, the index in the first; no plan before there is one."""
    text = OrdersText(wanted.model_dump_json(), None if plan is None else plan.model_dump_json())
    files = pack_orders(text)
    in_first = (INDEX_FILE, part_file(0))
    contents = [{name: files[name] for name in in_first}]
    contents += [{name: data} for name, data in files.items() if name not in in_first]
    return tuple(
        owned(CONFIG_MAP, node, namespace, _content(files), name=orders_name(node.metadata.name, number))
        for number, files in enumerate(contents)
    )


def orders_sources(node: str) -> list[dict[str, object]]:
    """The volume's sources: the first ConfigMap, and all that there may be beside it."""
    names = [orders_name(node, number) for number in range(MAX_PARTS)]
    return [{"configMap": {"name": name, **({} if name == names[0] else {"optional": True})}} for name in names]


def orders_digest(orders: tuple[Desired, ...]) -> str:
    """Changes exactly when the runner has something new to read: the index names the sha256 of it all."""
    return hashlib.sha256(orders[0].body["binaryData"][INDEX_FILE].encode()).hexdigest()[:16]


def _content(files: dict[str, bytes]) -> dict[str, dict[str, str]]:
    return {"binaryData": {name: base64.b64encode(data).decode() for name, data in files.items()}}
