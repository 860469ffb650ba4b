"""What a runner was given last: its orders, read back from its ConfigMaps, so that a restart forgets nothing."""

import base64
from collections.abc import Iterable

from mainstream.errors import InvalidInputError
from mainstream.messages.packed_orders import unpack_orders
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_operator.kube import Body

_Files = dict[str, str]
"""as ConfigMaps have them, base64"""


def given_plan(config_maps: Iterable[Body]) -> RunnerPlan | None:
    """The plan in existing ConfigMaps; None where there is none, or one that somebody spoiled. Pure."""
    return _plan_in(_files(config_maps))


class GivenPlans:
    """Reads each node's plan once: that of a hundred apps takes longer to read than to decide about.

    May be used from several threads, of which each node has one at a time.
    """

    def __init__(self) -> None:
        self._last: dict[str, tuple[_Files, RunnerPlan | None]] = {}

    def read(self, node: str, config_maps: Iterable[Body]) -> RunnerPlan | None:
        """As `given_plan`."""
        files, known = _files(config_maps), self._last.get(node)
        if known is not None and known[0] == files:
            return known[1]
        plan = _plan_in(files)
        self._last[node] = files, plan
        return plan

    def forget(self, node: str) -> None:
        """Keep nothing of a node that is gone."""
        self._last.pop(node, None)


def _files(config_maps: Iterable[Body]) -> _Files:
    return {name: data for each in config_maps for name, data in (each.get("binaryData") or {}).items()}


def _plan_in(files: _Files) -> RunnerPlan | None:
    try:
        text = unpack_orders({name: base64.b64decode(data) for name, data in files.items()})
        return None if text is None or text.plan is None else RunnerPlan.model_validate_json(text.plan)
    except (InvalidInputError, ValueError):
        return None
