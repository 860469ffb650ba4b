"""One reconcile of one node: observe, decide, desired, apply, status. Runs in a thread; what it needs is passed in.

What is read here once is what all of it is decided from. A failure ends the reconcile and leaves the rest for the next
one, which starts from what then is.
"""

from mainstream.api import EdgeNode
from mainstream.api.model import API_VERSION
from mainstream.api.reasons import Reason
from mainstream.decide.decide import NodeDecision
from mainstream.decide.refuse import refuse_apps
from mainstream.runner_orders import NodeCredentials
from mainstream.runner_plan import RunnerPlan
from mainstream_operator.apply.ensure import ensure, refresh_volumes, remove
from mainstream_operator.apply.signed_urls import lacking, send_blob_urls, send_upload_urls
from mainstream_operator.decide.decide import decide, wanted_of
from mainstream_operator.decide.requeue import requeue_after_s
from mainstream_operator.desired.cache import runner_cache
from mainstream_operator.desired.config_map import ordered_plan, ordered_wanted, orders_config_map, orders_digest
from mainstream_operator.desired.deployment import runner_deployment
from mainstream_operator.kinds import CLAIM, CONFIG_MAP, DEPLOYMENT, OWN_KINDS
from mainstream_operator.observe.allowed_hosts import host_refusals
from mainstream_operator.observe.runner_client import RunnerClient, pod_age_s, running_pod
from mainstream_operator.status.statuses import object_statuses
from mainstream_operator.tools import Tools
from mainstream_operator.watch.cluster_state import NOWHERE
from mainstream_operator.watch.snapshot import NodeSnapshot, Observation


def reconcile(snapshot: NodeSnapshot, tools: Tools) -> float:
    """Make one node what it should be; seconds after which to requeue it."""
    if (
        snapshot.node != NOWHERE
        and snapshot.edge_node is None
        and snapshot.kubernetes_node is not None
        and snapshot.kubernetes_node.is_edge
    ):
        _create_edge_node(snapshot.node, tools)
    observation, runner = _observe(snapshot, tools)
    before = ordered_plan(snapshot.children.config_map)
    decision = decide(observation, tools.planning, before)
    ordered = before if decision.hold else decision.runner_plan
    if snapshot.edge_node is not None:
        _act(observation, snapshot.edge_node, decision, ordered, tools)
    if runner is not None and observation.report is not None and ordered is not None:
        apps = {each.key: each.app for each in snapshot.apps}
        wanted = lacking(observation.report, before, ordered)
        send_blob_urls(wanted, ordered, apps, runner, tools.packages)
        send_upload_urls(observation.report.uploads, ordered, apps, runner, tools.packages)
    now = tools.now()
    too_early_s = tools.status_writer.write(object_statuses(observation, decision, ordered, now), now)
    tools.metrics.saw(observation, decision, ordered)
    again_s = requeue_after_s(
        runner_expected=snapshot.edge_node is not None and bool(snapshot.streams),
        pod_age_s=pod_age_s(snapshot.children.pods, tools.now()),
        report=observation.report,
        ordered=ordered,
        profiling=any(refusal.reason is Reason.PROFILING for refusal in decision.waiting.values()),
    )
    return again_s if too_early_s is None else min(again_s, too_early_s)


def _create_edge_node(node: str, tools: Tools) -> None:
    """Made once, then the platform team's own; the watch brings it back here."""
    spec = tools.settings.edge_node.model_dump(mode="json", by_alias=True, exclude_none=True)
    body = {"apiVersion": API_VERSION, "kind": "EdgeNode", "metadata": {"name": node}, "spec": spec}
    tools.kube.create(OWN_KINDS["EdgeNode"].ref(node), body)


def _observe(snapshot: NodeSnapshot, tools: Tools) -> tuple[Observation, RunnerClient | None]:
    """Add to what the watches know what has to be asked for. Of an app that is refused nothing is read."""
    app_refusals, unallowed = host_refusals(snapshot, tools.settings.host_rules)
    refused = app_refusals | refuse_apps(snapshot.apps)
    usable = [each for each in snapshot.apps if each.key not in refused]
    packages = tools.packages.read_all((each.app for each in usable), snapshot.node)
    streams = [each.stream for each in snapshot.streams if each.stream.key not in unallowed]
    logins, stream_refusals = tools.secrets.logins(streams)
    keys, sink_refusals = tools.secrets.sink_keys(each.app for each in usable if each.runs)
    runner = report = None
    pod = running_pod(snapshot.children.pods)
    if snapshot.edge_node is not None and pod is not None:
        token = tools.secrets.token(snapshot.children.secret)
        runner = RunnerClient(tools.kube, pod["metadata"]["namespace"], pod["metadata"]["name"], token)
        report = tools.reports.read(snapshot.node, str(pod["metadata"].get("uid")), runner)
    return Observation(
        snapshot=snapshot,
        packages=packages,
        report=report,
        credentials=NodeCredentials(logins=logins, sinks=keys),
        stream_refusals=stream_refusals | unallowed,
        sink_refusals=sink_refusals,
        refused=refused,
    ), runner


def _act(
    observation: Observation, node: EdgeNode, decision: NodeDecision, ordered: RunnerPlan | None, tools: Tools
) -> None:
    """Make the runner's objects what they should be; without a stream there is no runner."""
    kube, settings, snapshot = tools.kube, tools.settings, observation.snapshot
    children = snapshot.children
    cache = runner_cache(node, settings.namespace, children.cache)
    if cache is None:
        remove(kube, children.cache, CLAIM)
    if not snapshot.streams or snapshot.kubernetes_node is None:
        remove(kube, children.deployment, DEPLOYMENT)
        remove(kube, children.config_map, CONFIG_MAP)
        return
    secret_version = tools.secrets.ensure(node, observation.credentials, children.secret)
    plan = None if ordered is None else ordered.model_dump_json()
    wanted = (ordered_wanted(children.config_map) if decision.unread else None) or wanted_of(decision, node)
    orders = orders_config_map(node, settings.namespace, wanted, plan)
    ensure(kube, orders, children.config_map)
    if cache is not None:
        ensure(kube, cache, children.cache)
    host_name = snapshot.kubernetes_node.labels.get("kubernetes.io/hostname", snapshot.kubernetes_node.name)
    ensure(kube, runner_deployment(node, host_name, settings.namespace, settings.runner), children.deployment)
    pod = running_pod(children.pods)
    if pod is not None:
        refresh_volumes(kube, pod, f"{orders_digest(orders)}-{secret_version}")
