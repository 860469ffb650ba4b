"""What the runner does next: follows its orders, one small step at a time, and never waits for others.

Orders change, blobs arrive, cameras come and go, the engine is restarted: each is looked at in turn, many times a
second. What takes long (profiling, loading a plan) happens here too, while frames take their own way (`live`).
"""

import logging
import threading
import time
from typing import Any

from mainstream.errors import MainstreamError
from mainstream.runner_plan import RunnerPlan
from mainstream.status_report import AppStatusReport, SignedUploads, SignedUrls, StatusReport
from mainstream_runner.client import EngineUnavailableError, PlanNotServedError
from mainstream_runner.feeder.camera import abandoned_decoders
from mainstream_runner.feeder.routing import served_routing
from mainstream_runner.pipeline.frame_pipeline import FramePipeline, filmed_streams
from mainstream_runner.pod.blob_cache import BlobCache
from mainstream_runner.pod.cost_ratio import CostRatio
from mainstream_runner.pod.cpu import CpuMeter
from mainstream_runner.pod.live_profile import (
    Bench,
    drifted_bases,
    keep_measured,
    measure_bases,
    measured_before,
    note_decoding,
    read_measured,
)
from mainstream_runner.pod.metrics import Snapshot
from mainstream_runner.pod.orders import Orders, OrdersReader
from mainstream_runner.pod.serving import Serving
from mainstream_runner.pod.settings import PodSettings

_log = logging.getLogger(__name__)
_STEP_S = 0.05
_SAMPLE_S = 1.0
_RETRY_S = 10.0
"""until a plan that can't be served, or a profile that can't be made, is tried again"""
_ALIVE_S = 180.0
"""longest step that is not a hang: loading a plan may take two minutes"""
_ABANDONED_DECODERS = 8
"""threads that hang in decoders; with more of them the container is started anew"""


class Coordinator:
    """One runner; `step` is called by one thread, all else from any."""

    def __init__(self, settings: PodSettings, serving: Serving) -> None:
        self._settings = settings
        self._serving = serving
        self._reader = OrdersReader(settings.orders, settings.secret, settings.data / "orders")
        self._orders = Orders()
        self._cache = BlobCache(settings.data / "store")
        self._profile_file = settings.data / "profile.json"
        self._measured = read_measured(self._profile_file)
        self._pipeline = FramePipeline(serving.port, settings.node, settings.storage)
        self._cpu = CpuMeter(lambda: serving.guard)
        self._cost_ratio = CostRatio()
        self._plan_problem: str | None = None
        self._app_problems: dict[str, str] = {}
        self._profile_problem: str | None = None
        self._unavailable: dict[str, str] = {}
        self._plan_retry_s = self._profile_retry_s = 0.0
        self._profile_checked = False
        self._sampled_s = 0.0
        self._stepped_s = time.monotonic()

    def run(self, stopping: threading.Event) -> None:
        """Step until stopped; raises `MainstreamError` where only a new container helps."""
        while not stopping.wait(_STEP_S):
            if self._serving.follow():
                self._pipeline.note_lost_plan(self._pipeline.served or "")
            if abandoned_decoders() > _ABANDONED_DECODERS:
                raise MainstreamError("too many decoders hang; the container is started anew", field="streams")
            self.step()
            self._stepped_s = time.monotonic()

    def step(self) -> None:
        """Look at everything once."""
        orders = self._reader.read()
        if orders is not self._orders:
            self._orders = orders
            self._take_known_profile()
            self._plan_problem, self._plan_retry_s, self._profile_retry_s = None, 0.0, 0.0
            if orders.plan is not None and orders.plan.digest == self._pipeline.served:
                self._keep_sinks(orders.plan)
        self._follow_cameras()
        if note_decoding(self._measured, self._pipeline.cameras.all()):
            self._keep_profile()
        if self._serving.runs:
            # In this order: what is ordered is served before anything is measured, as frames are lost until then.
            self._follow_plan()
            self._follow_profile()
        if time.monotonic() - self._sampled_s >= _SAMPLE_S:
            self._sampled_s = time.monotonic()
            self._pipeline.sample()
            self._cpu.sample()
            self._sample_cost()

    def close(self) -> None:
        """End in the order of the frames' way."""
        self._pipeline.close()
        self._cache.close()

    # ---- what others ask ------------------------------------------------------------------------------------------

    def alive(self) -> bool:
        """Whether steps are made."""
        return time.monotonic() - self._stepped_s < _ALIVE_S

    def ready(self) -> bool:
        """Whether TorchServe has started and runs."""
        return self._serving.runs

    def health(self) -> dict[str, Any]:
        """The plan that is served, and how long nothing of it was scored."""
        served = self._pipeline.served
        return {"plan": served, "stale_s": None if served is None else round(self._pipeline.quiet_s, 3)}

    def take_urls(self, urls: SignedUrls) -> None:
        """Fetch what is not here."""
        self._cache.fetch(urls.blobs)

    def take_uploads(self, uploads: SignedUploads) -> None:
        """Write clips to where the operator says."""
        self._pipeline.delivery.take_uploads(uploads.uploads)

    def report(self) -> StatusReport:
        """Everything that the operator asks for."""
        plan = self._orders.plan
        return StatusReport(
            node=self._settings.node,
            served=self._pipeline.served if plan is not None else None,
            received=None if plan is None else plan.digest,
            lacks=() if plan is None else self._cache.lacks(plan),
            plan_problem=self._plan_problem,
            profile=self._measured.profile(),
            profile_problem=self._profile_problem,
            unavailable_bases=self._unavailable,
            cpu=self._cpu.rate(),
            cost_ratio=self._cost_ratio.value(),
            uploads=self._pipeline.delivery.wanted_uploads(),
            apps=self._app_reports(plan),
            streams=self._pipeline.cameras.reports(),
        )

    def snapshot(self) -> Snapshot:
        """Everything that is measured."""
        plan, report = self._orders.plan, self.report()
        apps = () if plan is None else plan.apps
        return Snapshot(
            report=report,
            planned_fps={app.name: app.fps for app in apps},
            stream_of={app.name: app.stream for app in apps},
            planned_cost=None if plan is None else plan.cost,
            spool_records=self._pipeline.spool.depth(),
            clips_evicted=self._pipeline.recorder.evicted,
            clips_failed=self._pipeline.recorder.failed,
            torchserve_restarts=self._serving.restarts,
            abandoned_decoders=abandoned_decoders(),
        )

    def _app_reports(self, plan: RunnerPlan | None) -> dict[str, AppStatusReport]:
        tallies = self._pipeline.counts.tallies()
        reports = {}
        for app in () if plan is None else plan.apps:
            tally, problem = tallies.get(app.name), self._app_problems.get(app.name)
            if tally is None and problem is None:
                continue
            frames = {} if tally is None else tally.model_dump(exclude={"waiting"})
            reports[app.name] = AppStatusReport(
                **frames,
                fps=self._pipeline.counts.fps(app.name, app.fps),
                decisions=self._pipeline.decider.decisions(app.name),
                problem=problem,
                delivery=self._pipeline.delivery.report(app.name),
            )
        return reports

    # ---- steps ----------------------------------------------------------------------------------------------------

    def _follow_cameras(self) -> None:
        """Play what the plan looks at, and what still has to be profiled."""
        plan, credentials = self._orders.plan, self._orders.credentials.logins
        unprofiled = [s for s in self._orders.wanted.streams if s.name not in self._measured.decode_s]
        needed = unprofiled if self._measured.frame_s is not None else list(self._orders.wanted.streams)
        wanted = {stream.name: stream for stream in (*needed, *(plan.streams if plan is not None else ()))}
        self._pipeline.cameras.follow(wanted.values(), credentials, self._pipeline.take)
        self._pipeline.cameras.film(filmed_streams(plan))

    def _take_known_profile(self) -> None:
        """Go on from what the operator knows, where this disk knows nothing."""
        wanted = self._orders.wanted
        if wanted.profile is not None and self._measured.frame_s is None:
            known = measured_before(wanted.profile, declared=wanted.declared)
            if known is not None:
                self._measured = known
                self._keep_profile()

    def _keep_profile(self) -> None:
        try:
            keep_measured(self._profile_file, self._measured)
        except OSError as error:
            # The next start measures again.
            _log.warning("the profile could not be kept: %s", error.strerror)

    def _check_profile(self) -> None:
        """Once a start: a node that is not what it was is measured anew.

        Not while a plan runs, which would stand still for as long: then the profile takes up what the check has seen.
        """
        self._profile_checked = True
        if self._orders.wanted.declared:
            return
        drifted = drifted_bases(self._measured, self._serving.port)
        if self._orders.plan is None:
            if drifted or not self._measured.is_of_these_versions:
                self._measured.forget()
            return
        for name, base in drifted.items():
            if base is None:
                del self._measured.bases[name]
            else:
                self._measured.bases[name] = base
        if drifted:
            self._keep_profile()

    def _follow_profile(self) -> None:
        wanted, plan = self._orders.wanted, self._orders.plan
        if plan is not None and plan.digest != self._pipeline.served and self._plan_problem is None:
            return
        if not self._profile_checked:
            self._check_profile()
        missing = [name for name in wanted.bases if name not in self._measured.bases]
        if not missing or time.monotonic() < self._profile_retry_s:
            return
        if self._pipeline.cameras.decoding() is None:
            self._profile_problem = "no stream answers" if wanted.streams else None
            return
        bench = Bench(
            port=self._serving.port,
            store=self._cache.folder,
            cpu_s=self._cpu.total_s,
            cameras=self._pipeline.cameras.all,
            play=self._play,
            analysed=self._analysed,
            resident_bytes=self._cpu.resident_bytes,
        )
        try:
            self._unavailable = measure_bases(self._measured, wanted.bases, bench)
            self._profile_problem = None
            self._keep_profile()
        except MainstreamError as error:
            self._profile_problem = error.message[:512]
        finally:
            if self._orders.plan is None:
                self._pipeline.adopt(None, {})
        self._profile_retry_s = time.monotonic() + _RETRY_S

    def _follow_plan(self) -> None:
        """Have the plan served as soon as everything of it is here."""
        plan = self._orders.plan
        if plan is None:
            if self._pipeline.served is not None:
                self._pipeline.adopt(None, {})
            return
        if self._pipeline.serves(plan) or time.monotonic() < self._plan_retry_s:
            return
        if self._cache.lacks(plan):
            return
        try:
            self._play(plan)
            self._plan_problem = None
            self._cache.keep(plan)
        except (EngineUnavailableError, PlanNotServedError) as error:
            # It restarts; frames wait, and are dropped and counted if that takes long.
            _log.warning("%s", error)
        except MainstreamError as error:
            # Weights that were changed on the disk are fetched anew, and the plan is tried again at once.
            if not self._cache.put_out_spoiled(plan):
                self._plan_problem = str(error)[:512]
                self._plan_retry_s = time.monotonic() + _RETRY_S

    def _play(self, plan: RunnerPlan) -> None:
        """Have a plan loaded beside the one in use, and take it up."""
        state = self._pipeline.load(plan, self._cache.folder)
        unavailable = state.unavailable_apps
        if unavailable and self._cache.put_out_spoiled(plan):
            raise PlanNotServedError("weights were changed on the disk and are fetched again", field="plan")
        self._app_problems = {app: problem[:512] for app, problem in unavailable.items()}
        self._pipeline.adopt(served_routing(plan, state), self._orders.credentials.sinks)

    def _keep_sinks(self, plan: RunnerPlan) -> None:
        """Keys of sinks may change without the plan."""
        self._pipeline.keep_sinks(plan, self._orders.credentials.sinks)

    def _sample_cost(self) -> None:
        plan = self._orders.plan
        served = plan if plan is not None and plan.digest == self._pipeline.served else None
        analysed = {app: tally.analysed for app, tally in self._pipeline.counts.tallies().items()}
        self._cost_ratio.sample(time.monotonic(), self._cpu.total_s(), analysed, served, self._measured.profile())

    def _analysed(self, app: str) -> int:
        tally = self._pipeline.counts.tallies().get(app)
        return 0 if tally is None else tally.analysed
