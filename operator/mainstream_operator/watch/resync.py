"""Lists everything once before anybody decides, and now and then removes what a watch never said was gone.

Watches of several kinds begin at different moments. Deciding in between would take a plan that has not been listed yet
for one that does not exist, and order a running node to stop. So the cluster is complete before the first reconcile.
"""

import asyncio
import logging
from collections.abc import Iterator
from functools import partial

from mainstream.back_off import back_off_s
from mainstream_operator.kinds import NODE, OWN_KINDS, RUNNER_KINDS
from mainstream_operator.kube import Body, Kube, KubeError
from mainstream_operator.names import NODE_LABEL
from mainstream_operator.watch.cluster_state import ClusterState
from mainstream_operator.watch.resources import bare_metadata
from mainstream_operator.watch.worker import Workers

_log = logging.getLogger(__name__)
_FIRST_CHECK_S = 10.0
"""after watching began: what was deleted between listing and watching"""
_CHECK_S = 600.0
_LONGEST_RETRY_S = 5.0
_NOT_FOUND = 404
Listing = dict[str, list[Body]]
"""bodies by kind"""


async def fill(cluster: ClusterState, kube: Kube, namespace: str) -> None:
    """Take note of everything that exists; again and again until the API server answers."""
    loop = asyncio.get_running_loop()
    failures = 0
    while True:
        try:
            listing = await loop.run_in_executor(None, partial(_list_all, kube, namespace))
            break
        except KubeError as error:
            failures += 1
            _log.warning("listing failed: %s", error)
            await asyncio.sleep(back_off_s(failures, _LONGEST_RETRY_S))
    for kind, bodies in listing.items():
        for body in bodies:
            _note(cluster, kind, body, gone=False)


async def keep_checking(cluster: ClusterState, workers: Workers, kube: Kube, namespace: str) -> None:
    """Remove what is gone though no watch said so."""
    loop = asyncio.get_running_loop()
    wait_s = _FIRST_CHECK_S
    while True:
        await asyncio.sleep(wait_s)
        wait_s = _CHECK_S
        known = dict(cluster.known())
        try:
            listing = await loop.run_in_executor(None, partial(_list_all, kube, namespace))
        except KubeError as error:
            _log.warning("listing failed: %s", error)
            continue
        there = {uid(body) for bodies in listing.values() for body in bodies}
        gone = [thing for each, thing in known.items() if each not in there]
        for kind, body in gone:
            _note(cluster, kind, body, gone=True)
            if kind == "EdgeNode" and cluster.is_gone(body["metadata"]["name"]):
                workers.forget(body["metadata"]["name"])
        if gone:
            workers.enqueue_all()


def uid(body: Body) -> str:
    """What tells an object from a later one of the same name."""
    return str(body["metadata"].get("uid"))


def _note(cluster: ClusterState, kind: str, body: Body, *, gone: bool) -> None:
    if kind in OWN_KINDS:
        cluster.note_resource(kind, body, gone=gone)
    elif kind == NODE.name:
        cluster.note_kubernetes_node(body, gone=gone)
    else:
        cluster.note_child(kind, body, gone=gone)


def _bare(body: Body) -> Body:
    return {**body, "metadata": bare_metadata(body["metadata"])}


def _list_all(kube: Kube, namespace: str) -> Listing:
    return dict(_lists(kube, namespace))


def _lists(kube: Kube, namespace: str) -> Iterator[tuple[str, list[Body]]]:
    for kind in OWN_KINDS.values():
        try:
            yield kind.name, kube.list_all(kind.path(), keep=_bare)
        except KubeError as error:
            # The definitions may come later than the operator.
            if error.status != _NOT_FOUND:
                raise
            yield kind.name, []
    yield NODE.name, kube.list_all(NODE.path())
    for kind in RUNNER_KINDS.values():
        yield kind.name, kube.list_all(kind.path(namespace), label=NODE_LABEL)
