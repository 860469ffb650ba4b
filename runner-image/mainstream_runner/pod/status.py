"""What the runner says of itself: to the operator, to Prometheus, to the kubelet's probes."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, NonNegativeFloat

from mainstream.messages.runner_plan import RunnerPlan
from mainstream.messages.status_report import (
    MAX_APP_LACKS,
    AppStatusReport,
    StatusReport,
    StreamStatusReport,
    ViewStatusReport,
)
from mainstream_runner.feeder.camera import abandoned_decoders
from mainstream_runner.pipeline.frame_pipeline import FramePipeline
from mainstream_runner.pod.blob_cache import BlobCache
from mainstream_runner.pod.cost_ratio import CostRatio
from mainstream_runner.pod.cpu import CpuMeter
from mainstream_runner.pod.following.plan_follower import PlanFollower
from mainstream_runner.pod.following.profile_follower import ProfileFollower
from mainstream_runner.pod.metrics import Snapshot
from mainstream_runner.pod.orders import Orders
from mainstream_runner.pod.serving import Serving


class Health(BaseModel):
    """What the kubelet's probes are answered beside yes or no."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plan: str | None
    """digest of the plan that is served"""
    stale_s: NonNegativeFloat | None
    """since something of it was scored"""


@dataclass(frozen=True)
class RunnerStatus:
    """Puts together what others know; asked by any thread."""

    node: str
    orders: Callable[[], Orders]
    pipeline: FramePipeline
    cache: BlobCache
    plans: PlanFollower
    profiles: ProfileFollower
    serving: Serving
    cpu: CpuMeter
    cost_ratio: CostRatio
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def health(self) -> Health:
        """The plan that is served, and how long nothing of it was scored."""
        served = self.plans.served
        return Health(plan=served, stale_s=None if served is None else round(self.pipeline.quiet_s, 3))

    def report(self) -> StatusReport:
        """Everything that the operator asks for."""
        orders = self.orders()
        plan = orders.plan
        return StatusReport(
            node=self.node,
            started_at=self.started_at,
            served=self.plans.served if plan is not None else None,
            received=orders.plan_digest,
            lacks=() if plan is None else self.cache.lacks(plan),
            plan_problem=self.plans.problem,
            profile=self.profiles.known.profile(),
            profile_problem=self.profiles.problem,
            unavailable_bases=self.profiles.unavailable,
            interrupted=self.profiles.interrupted,
            cpu=self.cpu.rate(),
            cost_ratio=self.cost_ratio.value(),
            spool=self.pipeline.spool.identity,
            uploads=self.pipeline.delivery.wanted_uploads(),
            apps={} if plan is None else self._apps(plan),
            pace=round(self.pipeline.gates.pace, 2),
            streams=self._streams(),
        )

    def snapshot(self) -> Snapshot:
        """Everything that is measured."""
        plan, report = self.orders().plan, self.report()
        apps = () if plan is None else plan.apps
        return Snapshot(
            report=report,
            planned_fps={app.name: app.fps for app in apps},
            stream_of={app.name: app.stream for app in apps},
            planned_cost=None if plan is None else plan.cost,
            spool_records=self.pipeline.spool.depth(),
            clips_evicted=self.pipeline.recorder.evicted,
            clips_failed=self.pipeline.recorder.failed,
            torchserve_restarts=self.serving.restarts,
            abandoned_decoders=abandoned_decoders(),
            clock_s=time.time(),
        )

    def sample(self) -> None:
        """About once a second: note where CPU and costs stand."""
        profile = self.profiles.known.profile()
        tallies = self.pipeline.counts.tallies()
        analysed = {app: tally.analysed for app, tally in tallies.items()}
        stood = {app: tally.stood for app, tally in tallies.items()}
        self.cost_ratio.sample(time.monotonic(), self.cpu.sample(), analysed, stood, self.plans.running, profile)
        minute = self.cost_ratio.lesson()
        if minute is not None:
            self.profiles.learn(minute)

    def _streams(self) -> dict[str, StreamStatusReport]:
        duties, restless = self.pipeline.gates.duties(), self.pipeline.gates.restless()
        reports = {}
        for name, report in self.pipeline.cameras.reports().items():
            moving, never = duties.get(name, {}), restless.get(name, {})
            views = {
                view: ViewStatusReport(duty=moving.get(view), restless=never.get(view))
                for view in sorted(moving.keys() | never.keys())
            }
            reports[name] = report.model_copy(update={"views": views})
        return reports

    def _apps(self, plan: RunnerPlan) -> dict[str, AppStatusReport]:
        tallies = self.pipeline.counts.tallies()
        reports = {}
        for app in plan.apps:
            tally, problem = tallies.get(app.name), self.plans.app_problems.get(app.name)
            lacks = tuple(blob.sha256 for blob in self.plans.lacking.get(app.name, ())[:MAX_APP_LACKS])
            if tally is None and problem is None and not lacks:
                continue
            frames = {} if tally is None else tally.model_dump(exclude={"waiting"})
            reports[app.name] = AppStatusReport(
                **frames,
                fps=self.pipeline.counts.fps(app.name, app.fps),
                decisions=self.pipeline.decider.decisions(app.name),
                problem=problem,
                lacks=lacks,
                missing=tuple(digest for digest in lacks if self.cache.is_missing(digest)),
                delivery=self.pipeline.delivery.report(app.name),
            )
        return reports
