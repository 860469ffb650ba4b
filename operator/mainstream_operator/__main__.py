"""Entry point of the image: `python -m mainstream_operator`."""

import asyncio
import signal
import sys
import threading
from datetime import UTC, datetime
from functools import partial
from typing import Any

import kopf
from prometheus_client import start_http_server

from mainstream.errors import MainstreamError
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.kube import Kube
from mainstream_operator.logs import configure_logging
from mainstream_operator.metrics import Metrics
from mainstream_operator.names import FIELD_MANAGER, NODE_LABEL
from mainstream_operator.observe.host_rules import KnownHostRules
from mainstream_operator.observe.node_secrets import NodeSecrets
from mainstream_operator.observe.observe import Sources
from mainstream_operator.observe.packages import PackageReader
from mainstream_operator.observe.status_reports import StatusReports
from mainstream_operator.observe.stores import StoreOpener
from mainstream_operator.reconcile import reconcile
from mainstream_operator.settings import Settings, read_settings
from mainstream_operator.status.event_recorder import EventRecorder
from mainstream_operator.status.status_writer import StatusWriter
from mainstream_operator.tools import Tools
from mainstream_operator.watch.cluster_state import NOWHERE, ClusterState
from mainstream_operator.watch.handlers import resource_registry, runner_registry
from mainstream_operator.watch.resync import fill, keep_checking
from mainstream_operator.watch.snapshot import take_snapshot
from mainstream_operator.watch.worker import Workers

_STALE_S = 300.0


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run until `stop` is set."""
    kube = Kube.connect()
    recorder = EventRecorder(kube)
    cluster = ClusterState()
    metrics = Metrics()
    tools: Tools
    workers = Workers(
        partial(take_snapshot, cluster, quotas=settings.quotas),
        lambda snapshot: reconcile(snapshot, tools),
        settings.workers,
        lambda seconds, failed: metrics.reconciled(seconds, failed=failed),
    )
    metrics.watch_queue(workers.queue_depth, workers.seconds_since_last_reconcile)
    rules = KnownHostRules(kube, settings.host_rules)
    stores = StoreOpener(kube, rules.now, own_credentials=settings.allow_operator_credentials)
    tools = Tools(
        kube=kube,
        settings=settings,
        sources=Sources(
            kube=kube,
            packages=PackageReader(stores, workers.enqueue_from_thread),
            reports=StatusReports(workers.enqueue_from_thread),
            secrets=NodeSecrets(kube, settings.namespace),
            host_rules=rules.now,
            now=lambda: datetime.now(UTC).replace(microsecond=0),
        ),
        planning=KeptPlanning(metrics),
        status_writer=StatusWriter(kube, recorder),
        metrics=metrics,
    )
    resources, runners = resource_registry(cluster, workers, settings.quotas), runner_registry(cluster, workers)
    for registry in (resources, runners):
        kopf.on.login(id="login", registry=registry)(_login)

    @kopf.on.probe(id="reconciling", registry=resources)
    def reconciling(**_: Any) -> float:
        age_s = workers.seconds_since_last_reconcile()
        if age_s > _STALE_S:
            raise RuntimeError(f"nothing was reconciled for {age_s:.0f} s")
        return age_s

    server, _ = start_http_server(settings.metrics_port, registry=metrics.registry)
    await fill(cluster, kube, settings.namespace)
    for node in {
        NOWHERE,
        *cluster.edge_nodes,
        *(name for name, kubernetes_node in cluster.kubernetes_nodes.items() if kubernetes_node.is_edge),
    }:
        workers.enqueue(node)
    checking = asyncio.create_task(keep_checking(cluster, workers, kube, settings.namespace), name="checking")
    try:
        await asyncio.gather(
            kopf.operator(
                registry=resources,
                settings=_watching(),
                clusterwide=True,
                standalone=True,
                liveness_endpoint=f"http://0.0.0.0:{settings.health_port}/healthz",
                stop_flag=stop,
            ),
            kopf.operator(
                registry=runners,
                settings=_watching(labels=NODE_LABEL),
                namespaces=[settings.namespace],
                standalone=True,
                stop_flag=stop,
            ),
        )
    finally:
        checking.cancel()
        server.shutdown()
        await workers.close()
        tools.status_writer.close()
        tools.sources.packages.close()
        tools.sources.reports.close()
        recorder.close()


def _login(**context: Any) -> kopf.ConnectionInfo | None:
    """As `Kube.connect`: the pod's service account, else a kubeconfig."""
    return kopf.login_with_service_account(**context) or kopf.login_with_kubeconfig(**context)


def _watching(labels: str | None = None) -> kopf.OperatorSettings:
    """How kopf watches: nothing posted, nothing persisted, a silent disconnect noticed."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 330
    settings.watching.connect_timeout = 10
    settings.networking.request_timeout = 30
    # Nodes gather their changes themselves; an object alone need not.
    settings.queueing.batch_window = 0.02
    settings.persistence.finalizer = f"{FIELD_MANAGER}/none"
    if labels is not None:
        settings.watching.label_selectors[kopf.EVERYTHING] = labels
    return settings


def main() -> None:
    """Read the settings, run, and say in one sentence why it can't."""
    configure_logging()
    try:
        settings = read_settings()
    except MainstreamError as error:
        sys.exit(f"mainstream-operator: {error}")
    asyncio.run(_until_signal(settings))


async def _until_signal(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if threading.current_thread() is threading.main_thread():
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, stop.set)
    await run(settings, stop)


if __name__ == "__main__":
    main()
