"""Of a node that is gone nothing stays: no worker, no gauge, no report, no package."""

import asyncio
import threading
import time
from typing import Any, cast

import pytest
from operator_objects import NOW, app_body, edge_node_body, kubernetes_node_body, observed, typed

from mainstream.api import VideoApp
from mainstream.decide.admission.quotas import NO_QUOTAS
from mainstream.messages.status_report import StatusReport
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.kube import Kube
from mainstream_operator.metrics import Metrics
from mainstream_operator.observe.node_secrets import NodeSecrets
from mainstream_operator.observe.observe import Sources
from mainstream_operator.observe.option_tables import OptionTables
from mainstream_operator.observe.packages import PackageReader
from mainstream_operator.observe.runner_client import RunnerClient
from mainstream_operator.observe.status_reports import StatusReports
from mainstream_operator.observe.stores import StoreOpener
from mainstream_operator.settings import RunnerSettings, Settings
from mainstream_operator.status.writing.status_writer import StatusWriter
from mainstream_operator.tools import Tools
from mainstream_operator.watch.cluster_state import ClusterState
from mainstream_operator.watch.handlers import resource_registry, runner_registry
from mainstream_operator.watch.snapshot import NodeSnapshot, take_snapshot
from mainstream_operator.watch.worker import Workers

CHILD = {"metadata": {"name": "runner-n1", "annotations": {"mainstream.video/node": "n1"}}}


class Noting:
    """Stands for the workers, and notes what they are told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def enqueue(self, node: str) -> None:
        self.told.append(("enqueue", node))

    def forget(self, node: str) -> None:
        self.told.append(("forget", node))


class Watches:
    """What handlers make of events."""

    def __init__(self, cluster: ClusterState) -> None:
        self.workers = Noting()
        workers = cast(Workers, self.workers)
        registries = (resource_registry(cluster, workers, NO_QUOTAS), runner_registry(cluster, workers))
        self._handlers = {str(each.id): each.fn for one in registries for each in one._watching.get_all_handlers()}

    def say(self, handler: str, kind: str, body: dict[str, Any]) -> list[tuple[str, str]]:
        """Enqueued and forgotten nodes, in no order."""
        self.workers.told = []
        note = cast(Any, self._handlers[handler])
        asyncio.run(note(event={"type": kind, "object": body}))
        return sorted(self.workers.told)


def test_whatever_of_a_node_is_deleted_last_has_it_forgotten(cluster: ClusterState) -> None:
    watches = Watches(cluster)
    assert ("enqueue", "n1") in watches.say("note-node", "DELETED", kubernetes_node_body())
    assert watches.say("note-EdgeNode", "DELETED", edge_node_body()) == [("forget", "n1")]
    assert watches.say("note-Deployment", "DELETED", CHILD) == [("forget", "n1")]
    assert watches.say("note-EdgeNode", "ADDED", edge_node_body()) == [("enqueue", "n1")]
    assert watches.say("note-Deployment", "ADDED", CHILD) == [("enqueue", "n1")]


def test_a_node_is_forgotten_when_its_node_is_deleted_after_its_edge_node(cluster: ClusterState) -> None:
    watches = Watches(cluster)
    assert watches.say("note-EdgeNode", "DELETED", edge_node_body()) == [("enqueue", "n1")]
    assert ("forget", "n1") in watches.say("note-node", "DELETED", kubernetes_node_body())


def test_an_edge_node_that_cannot_be_read_is_looked_after(cluster: ClusterState) -> None:
    watches = Watches(cluster)
    watches.say("note-node", "DELETED", kubernetes_node_body())
    assert watches.say("note-EdgeNode", "MODIFIED", edge_node_body(budget="much")) == [("enqueue", "n1")]


def test_a_reconcile_that_goes_on_has_its_node_forgotten_again_at_its_end(cluster: ClusterState) -> None:
    begun, goes_on, log = threading.Event(), threading.Event(), list[str]()

    def once(snapshot: NodeSnapshot) -> float:
        begun.set()
        goes_on.wait(10)
        log.append(f"reconciled {snapshot.node}")
        return 60.0

    async def run() -> None:
        workers = Workers(lambda node: take_snapshot(cluster, node), once, 2, forget=lambda node: log.append(node))
        workers.enqueue("n1")
        await asyncio.get_running_loop().run_in_executor(None, begun.wait, 10)
        workers.forget("n1")
        assert log == []
        goes_on.set()
        deadline_s = time.monotonic() + 10
        while len(log) < 2 and time.monotonic() < deadline_s:
            await asyncio.sleep(0.01)
        assert log == ["reconciled n1", "n1"]
        workers.enqueue_from_thread("n1")
        workers.forget("n2")
        await asyncio.sleep(0.3)
        assert log == ["reconciled n1", "n1", "n2"], "what was asked for the node brings no worker back"
        await workers.close()

    asyncio.run(run())


@pytest.fixture
def tools() -> Any:
    kube = cast(Kube, None)
    found = Tools(
        kube=kube,
        settings=Settings(namespace="mainstream", runner=RunnerSettings(image="runner")),
        sources=Sources(
            kube=kube,
            packages=PackageReader(cast(StoreOpener, None), lambda _node: None),
            tables=OptionTables(lambda _node: None),
            reports=StatusReports(lambda _node: None),
            secrets=NodeSecrets(kube, "mainstream"),
            host_rules=cast(Any, None),
            now=lambda: NOW,
        ),
        planning=KeptPlanning(),
        status_writer=cast(StatusWriter, None),
        metrics=Metrics(),
    )
    yield found
    found.sources.packages.close()
    found.sources.tables.close()
    found.sources.reports.close()


def gauges(tools: Tools) -> set[str]:
    families = tools.metrics.registry.collect()
    return {sample.name for each in families for sample in each.samples if sample.labels.get("node") == "n1"}


def test_gauges_reports_and_packages_of_a_node_that_is_gone_are_forgotten(tools: Tools, cluster: ClusterState) -> None:
    class Silent:
        asked = 0

        def report(self) -> StatusReport | None:
            Silent.asked += 1
            return None

    silent, app = cast(RunnerClient, Silent()), typed(app_body())
    assert isinstance(app, VideoApp)
    observation = observed(cluster)
    decision = decide(observation, tools.planning)
    tools.metrics.record(observation, decision)
    tools.sources.reports.read("n1", "pod", silent)
    tools.sources.packages.read_all([app], "n1")
    assert "mainstream_operator_app_planned_fps" in gauges(tools)
    tools.forget("n1")
    assert gauges(tools) == set()
    tools.sources.reports.read("n1", "pod", silent)
    assert Silent.asked == 2, "nothing is remembered of a pod that did not answer"
    assert tools.sources.packages._needed == {}
