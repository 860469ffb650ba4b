"""Entry point of the image: `python -m mainstream_operator`."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from datetime import UTC, datetime
from functools import partial
from typing import Any

import kopf

from mainstream.bounded_server import BoundedServer
from mainstream.errors import MainstreamError
from mainstream_operator.apply.leaving import let_runners_leave
from mainstream_operator.apply.retention import Retention, keep_tidying
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.kinds import LEASE
from mainstream_operator.kube import Kube
from mainstream_operator.leadership.elector import LEASE_TIMEOUT_S, Elector, own_identity
from mainstream_operator.logs import configure_logging
from mainstream_operator.metrics import Metrics
from mainstream_operator.metrics_server import MetricsServer
from mainstream_operator.metrics_tokens import MetricsTokens
from mainstream_operator.observe.host_rules import KnownHostRules
from mainstream_operator.observe.node_secrets import NodeSecrets
from mainstream_operator.observe.observe import Sources
from mainstream_operator.observe.option_tables import OptionTables
from mainstream_operator.observe.packages import PackageReader
from mainstream_operator.observe.status_reports import StatusReports
from mainstream_operator.observe.stores import StoreOpener
from mainstream_operator.reconcile import reconcile
from mainstream_operator.reviewing.desk import ReviewDesk
from mainstream_operator.reviewing.desk_server import DeskServer
from mainstream_operator.reviewing.link_keys import ReviewLinkKeys
from mainstream_operator.reviewing.measuring import Measuring, keep_measuring
from mainstream_operator.settings import Settings, read_settings
from mainstream_operator.shared_token import SharedToken
from mainstream_operator.status.beyond_quota.telling import QuotaTelling
from mainstream_operator.status.writing.event_recorder import EventRecorder
from mainstream_operator.status.writing.status_writer import StatusWriter
from mainstream_operator.tools import Tools
from mainstream_operator.watch.cluster_state import ClusterState
from mainstream_operator.watch.handlers import resource_registry, runner_registry
from mainstream_operator.watch.resync import fill, keep_checking
from mainstream_operator.watch.snapshot import take_snapshot
from mainstream_operator.watch.watching import Watching, watch_with
from mainstream_operator.watch.worker import Workers

_NAME_VARIABLE = "MAINSTREAM_OPERATOR_NAME"
"""the pod's name, by which it holds the Lease"""
_STALE_S = 300.0
_DEAF_S = 90.0
"""before that, the process ends by itself"""


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
        lambda node: tools.forget(node),
    )
    metrics.watch_queue(workers.queue_depth, workers.seconds_since_last_reconcile)
    rules = KnownHostRules(kube, settings.host_rules)
    stores = StoreOpener(kube, rules.now, own_credentials=settings.allow_operator_credentials)
    measuring = Measuring(stores)
    shared = None
    if settings.console_secret is not None:
        shared = SharedToken(kube, settings.namespace, settings.console_secret)
    links = None if shared is None or settings.review_url is None else ReviewLinkKeys(settings.review_url, shared.text)
    tools = Tools(
        kube=kube,
        settings=settings,
        sources=Sources(
            kube=kube,
            packages=PackageReader(stores, workers.enqueue_from_thread),
            tables=OptionTables(workers.enqueue_from_thread),
            reports=StatusReports(workers.enqueue_from_thread),
            secrets=NodeSecrets(kube, settings.namespace),
            host_rules=rules.now,
            now=lambda: datetime.now(UTC).replace(microsecond=0),
            measured=measuring.of,
            link_keys=(lambda apps: {}) if links is None else links.of,
        ),
        planning=KeptPlanning(metrics),
        status_writer=StatusWriter(kube, recorder),
        metrics=metrics,
        news=workers.is_waiting,
    )

    def lead(leading: bool) -> None:
        metrics.lead(leading)
        workers.lead_from_thread(leading)

    identity = own_identity(os.environ.get(_NAME_VARIABLE))
    elector = Elector(
        Kube.connect(LEASE_TIMEOUT_S, 0),
        LEASE.ref(settings.lease, settings.namespace),
        identity,
        lead,
    )
    kube.check_before_writes(elector.check)
    workers.lead(False)
    metrics.lead(False)
    watching = Watching(kube)
    quota_telling = QuotaTelling(cluster, settings.quotas, tools.status_writer, tools.sources.now)
    resources = resource_registry(cluster, workers, settings.quotas, quota_telling.look_at)
    runners = runner_registry(cluster, workers)
    for registry in (resources, runners):
        kopf.on.login(id="login", registry=registry)(_login)

    # Permanent: an error is the probe's answer, not something to try again for a minute.
    @kopf.on.probe(id="reconciling", registry=resources, errors=kopf.ErrorsMode.PERMANENT)
    def reconciling(**_: Any) -> float:
        age_s = max(workers.seconds_since_last_reconcile(), workers.longest_reconcile_s())
        if age_s > _STALE_S:
            raise RuntimeError(f"nothing was reconciled for {age_s:.0f} s")
        if watching.seconds_deaf() > _DEAF_S:
            raise RuntimeError(f"not everything was watched for {watching.seconds_deaf():.0f} s")
        return age_s

    platforms = SharedToken(kube, settings.namespace, settings.metrics_secret)
    server = MetricsServer(settings.metrics_port, metrics, MetricsTokens(kube, platforms))
    servers: list[BoundedServer] = [server]
    all_tokens = [platforms]
    if shared is not None:
        all_tokens.append(shared)
        reviews = ReviewDesk(cluster.apps.get, stores, kube, settings.namespace)
        servers.append(DeskServer(settings.desk_port, reviews, shared.is_shown))
    try:
        if not await _done_before(stop, fill(cluster, kube, settings.namespace)):
            return
        for node in cluster.nodes():
            workers.enqueue(node)
        elector.start()
        checking = asyncio.create_task(keep_checking(cluster, workers, kube, settings.namespace), name="checking")
        keeping = [asyncio.create_task(each.keep(), name="token") for each in all_tokens]
        tidying = asyncio.create_task(
            keep_tidying(Retention(stores), lambda: list(cluster.apps.values()), elector.leads), name="retention"
        )
        judging = asyncio.create_task(
            keep_measuring(
                measuring,
                lambda: list(cluster.apps.values()),
                elector.leads,
                lambda app: workers.enqueue_from_thread(cluster.node_of_stream(app.stream_key)),
            ),
            name="measured quality",
        )
        telling = asyncio.create_task(quota_telling.keep_telling(elector.leads), name="quota telling")
        health = f"http://0.0.0.0:{settings.health_port}/healthz"
        watches = (
            watch_with(resources, clusterwide=True, liveness_endpoint=health),
            watch_with(runners, namespaces=[settings.namespace]),
        )
        await watching.run(watches, stop)
        for each in (checking, *keeping, tidying, judging, telling):
            each.cancel()
    finally:
        for listening in servers:
            listening.close()
        await workers.close()
        if elector.leads():
            await asyncio.get_running_loop().run_in_executor(None, let_runners_leave, cluster, kube)
        # After the last write, and before whoever waits for it would have to.
        elector.close()
        tools.status_writer.close()
        tools.sources.packages.close()
        tools.sources.tables.close()
        tools.sources.reports.close()
        recorder.close()


async def _done_before(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Whether the work was done before `stop` was set; given up where it was not."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    done = working.done()
    for each in (working, stopping):
        each.cancel()
    outcomes = await asyncio.gather(working, stopping, return_exceptions=True)
    if done and isinstance(outcomes[0], Exception):
        raise outcomes[0]
    return done


def _login(**context: Any) -> kopf.ConnectionInfo | None:
    """As `Kube.connect`: the pod's service account, else a kubeconfig."""
    return kopf.login_with_service_account(**context) or kopf.login_with_kubeconfig(**context)


def main() -> None:
    """Read the settings, run, and say in one sentence why it can't."""
    configure_logging()
    try:
        asyncio.run(_until_signal(read_settings()))
    except MainstreamError as error:
        sys.exit(f"mainstream-operator: {error}")


async def _until_signal(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if threading.current_thread() is threading.main_thread():
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, stop.set)
    await run(settings, stop)


if __name__ == "__main__":
    main()
