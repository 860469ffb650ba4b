"""Metrics for Prometheus: a collector over the runner's own report, so that there is one truth.

Labels are names of apps and streams of the plan, nothing else, so their number is bounded by the plan.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mainstream.messages.status_report import AppStatusReport, StatusReport, StreamStatusReport

_PREFIX = "mainstream_runner_"
_STREAM_COUNTERS: dict[str, tuple[str, Callable[[StreamStatusReport], float]]] = {
    "stream_captured_frames": ("Frames that the camera delivered.", lambda stream: stream.captured),
    "stream_decode_errors": ("Packets and pictures that could not be decoded.", lambda stream: stream.decode_errors),
    "stream_reconnects": ("Times that the camera was opened again.", lambda stream: stream.reconnects),
}
_APP_COUNTERS: dict[str, tuple[str, Callable[[AppStatusReport], float]]] = {
    "app_captured_frames": ("Frames of the app's stream.", lambda app: app.captured),
    "app_analysed_frames": ("Frames that the app analysed.", lambda app: app.analysed),
    "app_stood_frames": (
        "Analysed frames whose score was that of the picture before, as nothing had changed.",
        lambda app: app.stood,
    ),
    "app_skipped_frames": ("Frames on which the app was not due.", lambda app: app.skipped),
    "app_dropped_frames": ("Frames on which the app was due, but late.", lambda app: app.dropped),
    "app_decisions": ("Analysed frames on which a decision fell.", lambda app: app.decisions),
    "app_events": ("Alerts of the app.", lambda app: app.delivery.alerts),
    "app_muted_events": ("Alerts that the app's cooldown kept from being delivered.", lambda app: app.delivery.muted),
    "app_lost_deliveries": (
        "Deliveries that will never be made.",
        lambda app: app.delivery.lost,
    ),
}


@dataclass(frozen=True)
class Snapshot:
    """Everything that is measured, at one moment."""

    report: StatusReport
    planned_fps: dict[str, float]
    """by app"""
    stream_of: dict[str, str]
    """by app"""
    planned_cost: float | None
    """CPU-seconds per second"""
    spool_records: int
    clips_evicted: int
    clips_failed: int
    torchserve_restarts: int
    abandoned_decoders: int
    clock_s: float
    """the node's, since 1970"""


class _RunnerCollector(Collector):
    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        taken = self._snapshot()
        yield from _streams(taken)
        yield from _apps(taken)
        report = taken.report
        serving = _gauge("plan_served", "1 for the plan that frames run through.", ["plan"])
        if report.served is not None:
            serving.add_metric([report.served], 1)
        yield serving
        yield from _numbers(
            ("cpu_seconds_per_second", "CPU used, all processes, over the last half minute.", report.cpu),
            (
                "planned_cpu_seconds_per_second",
                "CPU (GPU: busy share) that a plan was expected to use.",
                taken.planned_cost,
            ),
            ("pace", "Share of the planned rates at which all apps look.", report.pace),
            ("cost_ratio", "CPU used over what the achieved rates cost by the profile.", report.cost_ratio),
            # Beside the moment at which Prometheus asked it says whether the node's clock is right.
            ("clock_seconds", "The node's clock, in seconds since 1970.", taken.clock_s),
            ("spool_records", "Deliveries that wait.", taken.spool_records),
            ("abandoned_decoders", "Decoders that hang and were replaced.", taken.abandoned_decoders),
        )
        for name, text, value in (
            ("clips_evicted_files", "Clips and pictures that went to make room.", taken.clips_evicted),
            ("clips_failed", "Events whose clip could not be made.", taken.clips_failed),
            ("torchserve_restarts", "Times that TorchServe was started again.", taken.torchserve_restarts),
        ):
            yield CounterMetricFamily(_PREFIX + name, text, value)


def render_metrics(snapshot: Callable[[], Snapshot]) -> Callable[[], bytes]:
    """A function that gives all metrics in Prometheus' text format, as they are when it is called."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_RunnerCollector(snapshot))
    return lambda: generate_latest(registry)


def _streams(taken: Snapshot) -> Iterator[Metric]:
    streams = taken.report.streams
    for name, (text, value_of) in _STREAM_COUNTERS.items():
        family = CounterMetricFamily(_PREFIX + name, text, labels=["stream"])
        for stream, report in streams.items():
            family.add_metric([stream], value_of(report))
        yield family
    for name, text in (
        ("analysed", "Analyses of the stream's frames, by all its apps."),
        ("skipped", "Frames times apps that were not due."),
        ("dropped", "Frames times apps that were due, but late."),
    ):
        family = CounterMetricFamily(f"{_PREFIX}stream_{name}_frames", text, labels=["stream"])
        for stream in streams:
            apps = [app for name_, app in taken.report.apps.items() if taken.stream_of.get(name_) == stream]
            family.add_metric([stream], sum(getattr(app, name) for app in apps))
        yield family
    stale = _gauge("stream_stale_seconds", "Since the last frame came.", ["stream"])
    decoding = _gauge("stream_decoding", "1 while frames come.", ["stream"])
    for stream, report in streams.items():
        if report.stale_s is not None:
            stale.add_metric([stream], report.stale_s)
        decoding.add_metric([stream], report.state == "decoding")
    duty = _gauge("view_duty", "Share of the time in which the view moves.", ["stream", "view"])
    for stream, report in streams.items():
        for view, seen in report.views.items():
            if seen.duty is not None:
                duty.add_metric([stream, view], seen.duty)
    yield from (stale, decoding, duty)


def _apps(taken: Snapshot) -> Iterator[Metric]:
    apps = taken.report.apps
    for name, (text, value_of) in _APP_COUNTERS.items():
        family = CounterMetricFamily(_PREFIX + name, text, labels=["app"])
        for app, report in apps.items():
            family.add_metric([app], value_of(report))
        yield family
    achieved = _gauge("app_frames_per_second", "Achieved analysed frames per second.", ["app"])
    planned = _gauge("app_planned_frames_per_second", "Planned analysed frames per second.", ["app"])
    waiting = _gauge("app_undelivered", "Deliveries that wait for the app's sinks.", ["app"])
    running = _gauge("app_running", "1 unless its weights could not be loaded.", ["app"])
    for app, report in apps.items():
        if report.fps is not None:
            achieved.add_metric([app], report.fps)
        planned.add_metric([app], taken.planned_fps.get(app, 0.0))
        waiting.add_metric([app], report.delivery.undelivered)
        running.add_metric([app], report.problem is None)
    yield from (achieved, planned, waiting, running)


def _numbers(*numbers: tuple[str, str, float | None]) -> Iterator[Metric]:
    for name, text, value in numbers:
        if value is not None:
            yield GaugeMetricFamily(_PREFIX + name, text, value)


def _gauge(name: str, text: str, labels: list[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(_PREFIX + name, text, labels=labels)
