"""One worker a node: changes are gathered, failures back off."""

import asyncio
import time

from mainstream_operator.kube import KubeError
from mainstream_operator.watch.cluster_state import World
from mainstream_operator.watch.snapshot import Scene, scene_of
from mainstream_operator.watch.worker import Workers


def work(world: World, reconcile: list[Scene], marks: int, *, fails: bool = False, seconds: float = 1.0) -> None:
    """Mark a node again and again for a while, and note each reconcile."""

    def once(scene: Scene) -> float:
        reconcile.append(scene)
        if fails:
            raise KubeError(503, "not now")
        return 60.0

    async def run() -> None:
        workers = Workers(lambda node: scene_of(world, node), once, 2)
        for _ in range(marks):
            workers.mark("n1")
            await asyncio.sleep(seconds / marks)
        await asyncio.sleep(0.3)
        await workers.close()

    asyncio.run(run())


def test_many_changes_are_few_reconciles_and_the_last_one_is_seen(world: World) -> None:
    seen: list[Scene] = []
    work(world, seen, 100, seconds=0.4)
    assert 1 <= len(seen) <= 6
    assert len(seen[-1].apps) == 2


def test_a_lone_change_waits_for_at_most_three_tenths_of_a_second(world: World) -> None:
    seen: list[Scene] = []
    start_s = time.monotonic()
    times: list[float] = []

    class Noting(list[Scene]):
        def append(self, scene: Scene) -> None:
            times.append(time.monotonic() - start_s)
            seen.append(scene)

    work(world, Noting(), 1, seconds=0.01)
    assert times[0] <= 0.3


def test_a_reconcile_that_fails_is_no_hot_loop(world: World) -> None:
    seen: list[Scene] = []
    work(world, seen, 50, fails=True, seconds=1.5)
    assert len(seen) <= 3
