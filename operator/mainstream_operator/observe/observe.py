"""Observes one node: what the watches know of it, and what has to be asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mainstream.api import VideoApp
from mainstream.api.alert_evidence import MeasuredApp
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.decide.inputs import AskingApp, PackageState
from mainstream.decide.refuse import refuse_apps
from mainstream.hosts.rules import HostRules
from mainstream.messages.runner_orders import NodeCredentials
from mainstream.workload.node_workload import PlacedApp
from mainstream_operator.kube import Kube
from mainstream_operator.observe.allowed_hosts import host_refusals
from mainstream_operator.observe.node_secrets import NodeSecrets, new_token, token_of
from mainstream_operator.observe.observation import Observation
from mainstream_operator.observe.option_tables import OptionTables
from mainstream_operator.observe.orders import GivenPlans
from mainstream_operator.observe.packages import PackageReader
from mainstream_operator.observe.runner_client import RunnerClient, running_pod
from mainstream_operator.observe.status_reports import StatusReports
from mainstream_operator.watch.snapshot import NodeSnapshot


@dataclass(frozen=True)
class Sources:
    """Whom to ask; all of them may be used from several threads."""

    kube: Kube
    packages: PackageReader
    tables: OptionTables
    reports: StatusReports
    secrets: NodeSecrets
    host_rules: Callable[[], HostRules]
    """as they are now"""
    now: Callable[[], datetime]
    """UTC, whole seconds"""
    measured: Callable[[Iterable[str]], Mapping[str, MeasuredApp]] = lambda apps: {}
    """quality from verdicts of apps, by key, as far as it is known"""
    link_keys: Callable[[Iterable[VideoApp]], Mapping[str, SinkKeys]] = lambda apps: {}
    """with what a node signs links to alerts that its apps keep for review, by `sink_key`"""
    plans: GivenPlans = field(default_factory=GivenPlans)


def observe(snapshot: NodeSnapshot, sources: Sources) -> Observation:
    """Add to the snapshot what has to be asked for. Of an app that is refused nothing is read."""
    rules = sources.host_rules()
    app_refusals, unallowed = host_refusals(snapshot, rules)
    refused = app_refusals | refuse_apps(snapshot.apps)
    usable = [each for each in snapshot.apps if each.key not in refused]
    packages = sources.packages.read_all((each.app for each in usable if each.is_planned), snapshot.node)
    predicting = sources.tables.predicting(_read(usable, packages), snapshot.node)
    streams = [each.stream for each in snapshot.streams if each.stream.key not in unallowed]
    logins, stream_refusals = sources.secrets.logins(streams)
    keys, sink_refusals = sources.secrets.sink_keys(each.app for each in usable if each.runs)
    keys |= sources.link_keys(each.app for each in usable if each.runs)
    secret = snapshot.children.secret
    if secret is None and snapshot.has_runner:
        # A watch may be behind what was just made, and another token would lock the operator out of its runner.
        secret = sources.secrets.of_runner(snapshot.node)
    token = token_of(secret)
    runner = report = None
    pod = running_pod(snapshot.children.pods)
    if snapshot.edge_node is not None and pod is not None:
        runner = RunnerClient(sources.kube, pod["metadata"]["namespace"], pod["metadata"]["name"], token)
        report = sources.reports.read(snapshot.node, str(pod["metadata"].get("uid")), runner)
    return Observation(
        snapshot=snapshot,
        packages=packages,
        predicting=predicting,
        report=report,
        credentials=NodeCredentials(logins=logins, sinks=keys),
        stream_refusals=stream_refusals | unallowed,
        refused=refused,
        sink_refusals=sink_refusals,
        host_rules=rules,
        measured=sources.measured(each.key for each in snapshot.apps),
        given_plan=sources.plans.read(snapshot.node, snapshot.children.orders.values()),
        runner=runner,
        secret=secret,
        token=token or new_token(),
        at=sources.now(),
    )


def _read(apps: Iterable[AskingApp], packages: Mapping[str, PackageState]) -> Iterator[PlacedApp]:
    """Those of the apps whose package was read."""
    for each in apps:
        state = packages.get(each.key, PackageState())
        if each.stream is not None and state.manifest is not None:
            yield PlacedApp(each.app, each.stream, state.manifest)
