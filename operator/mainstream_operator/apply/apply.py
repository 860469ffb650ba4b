"""Applies what is desired of one node, in an order in which nothing is missing that something else needs.

What the API server refuses keeps nothing else from being applied, and is given back, so that a status can say it. Where
it does not answer, or says to come back later, applying ends with the `KubeError`.
"""

import logging
from collections.abc import Callable
from functools import partial

from mainstream_operator.apply.ensure import ensure, refresh_volumes, remove
from mainstream_operator.desired.common import Desired, NotApplied
from mainstream_operator.desired.config_map import orders_digest
from mainstream_operator.desired.state import DesiredState, RunnerObjects
from mainstream_operator.kube import Body, Kube, KubeError

_log = logging.getLogger(__name__)
_LATER = (409, 429)
"""refusals that pass"""


def apply(desired: DesiredState, kube: Kube) -> tuple[NotApplied, ...]:
    """Make it so; what already is as it should be costs no call."""
    refused: list[NotApplied] = []
    if desired.edge_node is not None:
        name = desired.edge_node.ref.name
        _try(f"EdgeNode {name}", partial(kube.create, desired.edge_node.ref, desired.edge_node.body), refused)
    for kind, observed in desired.removed:
        _try(f"{kind.name} {observed['metadata']['name']}", partial(remove, kube, observed, kind), refused)
    if desired.runner is not None:
        _apply_runner(desired.runner, kube, refused)
    return tuple(refused)


def _apply_runner(runner: RunnerObjects, kube: Kube, refused: list[NotApplied]) -> None:
    secret = _ensure(runner.secret, runner.observed_secret, kube, refused)
    # The first part says what belongs together, so that it comes last.
    for wanted, observed in (*reversed(runner.orders), *runner.others):
        _ensure(wanted, observed, kube, refused)
    if runner.pod is not None:
        version = ((secret or {}).get("metadata") or {}).get("resourceVersion")
        digest = orders_digest(tuple(part for part, _ in runner.orders))
        name = runner.pod["metadata"]["name"]
        _try(f"Pod {name}", partial(refresh_volumes, kube, runner.pod, f"{digest}-{version}"), refused)


def _ensure(wanted: Desired, observed: Body | None, kube: Kube, refused: list[NotApplied]) -> Body | None:
    """The object as it then is; as it was where it is refused."""
    applied: list[Body | None] = [observed]

    def act() -> None:
        applied.append(ensure(kube, wanted, observed))

    _try(f"{wanted.body['kind']} {wanted.ref.name}", act, refused)
    return applied[-1]


def _try(what: str, act: Callable[[], object], refused: list[NotApplied]) -> None:
    try:
        act()
    except KubeError as error:
        if not 400 <= error.status < 500 or error.status in _LATER:
            raise
        _log.warning("the API server refuses to apply: %s", error, extra={"object": what})
        refused.append(NotApplied(what, error))
