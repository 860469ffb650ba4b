"""What Prometheus scrapes: how the operator works, and what it knows of apps and nodes.

Apps and nodes are read from what reconciling last saw, whenever somebody asks, so that nothing of what is gone stays.
Labels are names of apps and nodes alone, and the number of apps is bounded. A tenant's view has its own alone.
"""

import threading
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mainstream.decide.decide import NodeDecision
from mainstream.planner import Policy
from mainstream.times import HOURS_PER_DAY
from mainstream_operator.observe.observation import Observation
from mainstream_operator.status.disk_loss import lost_lately
from mainstream_operator.status.memory import is_told
from mainstream_operator.status.quality import measured_app

_MOST_APPS = 5000
_PREFIX = "mainstream_operator"
_Sample = tuple[dict[str, str], float]


class Metrics:
    """Of the whole operator; may be used from several threads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._reconciles = Counter(
            f"{_PREFIX}_reconciles", "Reconciles of a node.", ["outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            f"{_PREFIX}_reconcile_seconds",
            "Time that a reconcile takes.",
            buckets=(0.005, 0.02, 0.1, 0.5, 2, 10),
            registry=self.registry,
        )
        self._planner_seconds = Histogram(
            f"{_PREFIX}_planner_seconds",
            "Time that a plan takes.",
            ["policy"],
            buckets=(0.005, 0.02, 0.1, 0.5, 2, 10),
            registry=self.registry,
        )
        self._fleet = Fleet()
        self.registry.register(self._fleet)

    def reconciled(self, seconds: float, *, failed: bool) -> None:
        """A reconcile ended."""
        self._reconciles.labels("failed" if failed else "done").inc()
        self._seconds.observe(seconds)

    def planned(self, policy: Policy, seconds: float) -> None:
        """A plan was made."""
        self._planner_seconds.labels(policy).observe(seconds)

    def record(self, observation: Observation, decision: NodeDecision) -> None:
        """A node was reconciled."""
        self._fleet.note(observation.snapshot.node, samples(observation, decision))

    def forget(self, node: str) -> None:
        """A node is gone."""
        self._fleet.note(node, {})

    def lead(self, leading: bool) -> None:
        """Show nodes, apps and streams, or nothing of them: what was seen before another led is old."""
        self._fleet.shown = leading

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)

    def text_of(self, namespace: str) -> bytes | None:
        """What is of the apps and streams of one namespace alone; None where none of them is known."""
        families = [each for each in self._fleet.families(namespace) if each.samples]
        if not families:
            return None
        registry = CollectorRegistry()
        registry.register(_Families(families))
        return generate_latest(registry)

    def watch_queue(self, depth: Callable[[], int], age_s: Callable[[], float]) -> None:
        """Where to ask how many nodes wait to be reconciled, and how long ago the last reconcile ended."""
        self._fleet.queue = (depth, age_s)


_HELP = {
    "app_predicted_f1": "F1 of alerts that the plan predicts.",
    "app_predicted_false_alerts_per_day": "False alerts a day that the plan predicts.",
    "app_measured_f1": "F1 of alerts from people's verdicts and labels.",
    "app_measured_f1_low": "Where the 90 % interval of the measured F1 begins.",
    "app_measured_f1_high": "Where the 90 % interval of the measured F1 ends.",
    "app_measured_labels": "Verdicts and labels that the measured F1 rests on.",
    "app_planned_fps": "Planned analysed frames per second.",
    "app_observed_fps": "Achieved analysed frames per second.",
    "app_events_last_hour": "Alerts in the last hour.",
    "app_waiting_seconds": "How long the oldest delivery that waits for a sink has waited.",
    "app_lost_alerts_last_hour": "Alerts of the last hour that will not reach every sink.",
    "app_trust": "What predicted recall and precision are multiplied with; below 1 the prediction is doubted.",
    "stream_decoding": "Whether frames of the camera arrive.",
    "node_ready": "Whether Kubernetes takes the Node to be ready.",
    "node_mean_f1": "Weighted mean of the predicted F1 of alerts; an app that did not fit counts as 0.",
    "node_gap": "No plan can be better by more than this.",
    "node_planned_cost": "CPU-seconds per second that the plan should take.",
    "node_budget": "CPU-seconds per second that the plan may take.",
    "node_observed_cpu": "CPU-seconds per second that the runner takes.",
    "node_slowdown": "What plans multiply the profile's seconds with.",
    "node_answers": "Whether the runner answers.",
    "node_out_of_memory": "Whether the runner was killed for memory within the hour, or an app is left out for it.",
}


_LABELS = {"app": ["namespace", "app", "node"], "stream": ["namespace", "stream", "node"], "node": ["node"]}
"""by the first word of a gauge's name"""


class Fleet(Collector):
    """What was last seen of each node, as gauges."""

    def __init__(self) -> None:
        self.queue: tuple[Callable[[], int], Callable[[], float]] | None = None
        self.shown = True
        self._seen: dict[str, dict[str, list[_Sample]]] = {}
        self._lock = threading.Lock()

    def note(self, node: str, seen: dict[str, list[_Sample]]) -> None:
        """Replace what was seen of a node; with nothing, it is forgotten."""
        with self._lock:
            self._seen.pop(node, None)
            if seen:
                self._seen[node] = seen

    def families(self, namespace: str | None = None) -> Iterator[Metric]:
        """All gauges of nodes, streams and apps, the apps of some nodes left out where there are too many; with a
        namespace those of its streams and apps alone.
        """
        with self._lock:
            seen = list(self._seen.values()) if self.shown else []
        for name, text in _HELP.items():
            labels = _LABELS[name.partition("_")[0]]
            if namespace is not None and "namespace" not in labels:
                continue
            family = GaugeMetricFamily(f"{_PREFIX}_{name}", text, labels=labels)
            found = [sample for each in seen for sample in each.get(name, [])]
            own = [each for each in found if namespace is None or each[0]["namespace"] == namespace]
            for values, value in own[:_MOST_APPS]:
                family.add_metric([values[label] for label in labels], value)
            yield family

    def collect(self) -> Iterator[Metric]:
        """The same, whether this operator leads, and how many nodes wait."""
        yield from self.families()
        yield GaugeMetricFamily(f"{_PREFIX}_leads", "Whether this operator holds the Lease.", value=self.shown)
        if self.queue is not None:
            depth, age_s = self.queue
            yield GaugeMetricFamily(f"{_PREFIX}_queue_depth", "Nodes that wait to be reconciled.", value=depth())
            yield GaugeMetricFamily(
                f"{_PREFIX}_last_reconcile_seconds", "Since the last reconcile ended.", value=age_s()
            )


class _Families(Collector):
    """Some gauges as they were."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterator[Metric]:
        """The same again."""
        yield from self._families


def samples(observation: Observation, decision: NodeDecision) -> dict[str, list[_Sample]]:
    """What is known of one node, by gauge. Pure."""
    node, report, ordered = observation.snapshot.node, observation.report, decision.runner_plan
    found: dict[str, list[_Sample]] = {}

    def note(name: str, labels: dict[str, str], value: float | None) -> None:
        if value is not None:
            found.setdefault(name, []).append(({**labels, "node": node}, float(value)))

    plan = decision.plan
    kept = plan.kept if plan is not None else frozenset()
    decided = plan.by_name if plan is not None else {}
    predicted = {name: app for name, app in decided.items() if app.fits and name not in kept}
    asking = {each.key: each.app for each in observation.snapshot.apps}
    for app in ordered.apps if ordered is not None else ():
        namespace, _, name = app.name.partition("/")
        labels = {"namespace": namespace, "app": name}
        reported = report.apps.get(app.name) if report is not None else None
        if (promised := predicted.get(app.name)) is not None:
            note("app_predicted_f1", labels, promised.f1)
            note("app_predicted_false_alerts_per_day", labels, HOURS_PER_DAY * promised.false_alerts_per_hour)
        note("app_planned_fps", labels, app.fps)
        note("app_observed_fps", labels, None if reported is None else reported.fps)
        delivery = None if reported is None else reported.delivery
        note("app_events_last_hour", labels, None if delivery is None else delivery.alerts_last_hour)
        note("app_waiting_seconds", labels, None if delivery is None else delivery.oldest_undelivered_s or 0.0)
        known = asking.get(app.name)
        gone = lost_lately(None if known is None else known.status.disk_loss, observation.at)
        note("app_lost_alerts_last_hour", labels, None if delivery is None else delivery.lost_alerts_last_hour + gone)
        evidence = decision.evidence.get(app.name)
        note("app_trust", labels, None if evidence is None else evidence.trust)
        measured = None if known is None else measured_app(known, observation.measured.get(app.name))
        if measured is not None:
            note("app_measured_f1", labels, measured.f1)
            note("app_measured_f1_low", labels, measured.f1_low)
            note("app_measured_f1_high", labels, measured.f1_high)
            note("app_measured_labels", labels, measured.labels)
    for key, stream in ({} if report is None else report.streams).items():
        namespace, _, name = key.partition("/")
        note("stream_decoding", {"namespace": namespace, "stream": name}, stream.state == "decoding")
    if observation.snapshot.kubernetes_node is not None:
        note("node_ready", {}, observation.snapshot.kubernetes_node.ready)
    if ordered is not None:
        note("node_planned_cost", {}, ordered.cost)
        note("node_budget", {}, ordered.budget)
    if plan is not None and plan.plan is not None:
        note("node_mean_f1", {}, plan.mean_f1)
        note("node_gap", {}, plan.plan.gap)
    if observation.snapshot.edge_node is not None:
        note("node_slowdown", {}, decision.slowdown)
        # Without a stream there is no runner that could.
        note("node_answers", {}, report is not None if observation.snapshot.has_runner else None)
        note("node_out_of_memory", {}, is_told(decision.out_of_memory, observation.at))
        note("node_observed_cpu", {}, None if report is None else report.cpu)
    return found
