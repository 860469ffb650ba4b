"""One worker a node: changes are gathered, failures back off."""

import asyncio
import time

from mainstream_operator.kube import KubeError
from mainstream_operator.watch.cluster_state import ClusterState
from mainstream_operator.watch.snapshot import NodeSnapshot, take_snapshot
from mainstream_operator.watch.worker import Workers


def work(
    cluster: ClusterState, reconcile: list[NodeSnapshot], changes: int, *, fails: bool = False, seconds: float = 1.0
) -> None:
    """Mark a node again and again for a while, and note each reconcile."""

    def once(snapshot: NodeSnapshot) -> float:
        reconcile.append(snapshot)
        if fails:
            raise KubeError(503, "not now")
        return 60.0

    async def run() -> None:
        workers = Workers(lambda node: take_snapshot(cluster, node), once, 2)
        for _ in range(changes):
            workers.enqueue("n1")
            await asyncio.sleep(seconds / changes)
        await asyncio.sleep(0.3)
        await workers.close()

    asyncio.run(run())


def test_many_changes_are_few_reconciles_and_the_last_one_is_seen(cluster: ClusterState) -> None:
    seen: list[NodeSnapshot] = []
    work(cluster, seen, 100, seconds=0.4)
    assert 1 <= len(seen) <= 6
    assert len(seen[-1].apps) == 2


def test_a_lone_change_waits_for_at_most_three_tenths_of_a_second(cluster: ClusterState) -> None:
    seen: list[NodeSnapshot] = []
    start_s = time.monotonic()
    times: list[float] = []

    class Noting(list[NodeSnapshot]):
        def append(self, snapshot: NodeSnapshot) -> None:
            times.append(time.monotonic() - start_s)
            seen.append(snapshot)

    work(cluster, Noting(), 1, seconds=0.01)
    assert times[0] <= 0.3


def test_a_reconcile_that_fails_is_no_hot_loop(cluster: ClusterState) -> None:
    seen: list[NodeSnapshot] = []
    work(cluster, seen, 50, fails=True, seconds=1.5)
    assert len(seen) <= 3


def test_an_operator_that_does_not_lead_reconciles_nothing_and_is_alive_and_catches_up_when_it_does(
    cluster: ClusterState,
) -> None:
    seen: list[NodeSnapshot] = []

    def once(snapshot: NodeSnapshot) -> float:
        seen.append(snapshot)
        return 60.0

    async def run() -> None:
        workers = Workers(lambda node: take_snapshot(cluster, node), once, 2)
        workers.lead(False)
        workers.enqueue("n1")
        await asyncio.sleep(0.5)
        assert (seen, workers.seconds_since_last_reconcile()) == ([], 0.0)
        workers.lead_from_thread(True)
        await asyncio.sleep(0.5)
        assert len(seen) == 1
        workers.lead(False)
        workers.enqueue("n1")
        await asyncio.sleep(0.5)
        assert len(seen) == 1
        await workers.close()

    asyncio.run(run())
