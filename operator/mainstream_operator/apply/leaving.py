"""What an operator does for others before it ends: nobody may be there to do it later."""

import logging

from mainstream_operator.apply.ensure import remove
from mainstream_operator.kinds import GUARD, NODE, is_cordoned
from mainstream_operator.kube import Kube, KubeError
from mainstream_operator.watch.cluster_state import ClusterState

_log = logging.getLogger(__name__)


def let_runners_leave(cluster: ClusterState, kube: Kube) -> None:
    """Let a drain evict runners of cordoned nodes, this operator's own among them, which may be the cluster's only one.

    An operator that goes on elsewhere holds them again for the rest of their time.
    """
    try:
        for body in kube.list_all(NODE.path()):
            guard = cluster.children(body["metadata"]["name"]).guard
            if guard is not None and is_cordoned(body):
                remove(kube, guard, GUARD)
    except KubeError as error:
        _log.warning("runners of cordoned nodes cannot be let go: %s", error)
