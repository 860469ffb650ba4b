"""What the runner does next: follows its orders, one small step at a time, and never waits for others.

Orders change, blobs arrive, cameras come and go, the engine is restarted: each is looked at in turn, many times a
second. What takes long (profiling, loading a plan) happens here too, while frames take their own way (`live`).
"""

import logging
import threading
import time
from contextlib import closing

from mainstream.errors import MainstreamError
from mainstream.runner_plan import RunnerPlan, RunnerStream
from mainstream.runner_report import AppReport, RunnerReport, SignedUrls
from mainstream_runner.client import EngineClient, EngineUnavailableError, PlanNotServedError
from mainstream_runner.pod.app_counts import AppCounts
from mainstream_runner.pod.blob_cache import BlobCache
from mainstream_runner.pod.camera import Camera
from mainstream_runner.pod.cost_ratio import CostRatio
from mainstream_runner.pod.cpu import CpuMeter
from mainstream_runner.pod.event_sinks import EventSinks
from mainstream_runner.pod.live import LiveFeeder
from mainstream_runner.pod.live_decider import LiveDecider
from mainstream_runner.pod.live_profile import (
    Bench,
    drifted_bases,
    keep_measured,
    measure_bases,
    measured_before,
    note_decoding,
    read_measured,
)
from mainstream_runner.pod.orders import Orders, OrdersReader
from mainstream_runner.pod.routing import Routing
from mainstream_runner.pod.settings import PodSettings
from mainstream_runner.serving.torchserve import TorchServe

_log = logging.getLogger(__name__)
_STEP_S = 0.05
_SAMPLE_S = 1.0
_RETRY_S = 10.0
"""until a plan that can't be served, or a profile that can't be made, is tried again"""
_ALIVE_S = 180.0
"""longest step that is not a hang: loading a plan may take two minutes"""


class Coordinator:
    """One runner; `step` is called by one thread, all else from any."""

    def __init__(self, settings: PodSettings, server: TorchServe) -> None:
        self._settings = settings
        self._server = server
        self._reader = OrdersReader(settings.orders, settings.secret)
        self._orders = Orders()
        self._cache = BlobCache(settings.data / "store")
        self._profile_file = settings.data / "profile.json"
        self._measured = read_measured(self._profile_file)
        self._counts = AppCounts()
        self._sinks = EventSinks(settings.data / "events", settings.node)
        self._decider = LiveDecider(self._sinks)
        self._engine_lost = threading.Event()
        self._feeder = LiveFeeder(server.port, self._counts, self._decider, self._engine_lost.set)
        self._cameras: dict[str, Camera] = {}
        self._cpu = CpuMeter(server.guard)
        self._cost_ratio = CostRatio()
        self._plan_problem: str | None = None
        self._profile_problem: str | None = None
        self._unavailable: dict[str, str] = {}
        self._plan_retry_s = self._profile_retry_s = 0.0
        self._profile_checked = False
        self._sampled_s = 0.0
        self._stepped_s = time.monotonic()

    def run(self, stopping: threading.Event) -> None:
        """Step until stopped, or until TorchServe is gone: then the container is started anew."""
        while not stopping.wait(_STEP_S):
            if self._server.guard.poll() is not None:
                raise MainstreamError("TorchServe ended; the container is started anew", field="torchserve")
            self.step()
            self._stepped_s = time.monotonic()

    def step(self) -> None:
        """Look at everything once."""
        orders = self._reader.read()
        if orders is not self._orders:
            self._orders = orders
            self._take_known_profile()
            self._plan_problem, self._plan_retry_s, self._profile_retry_s = None, 0.0, 0.0
        self._follow_cameras()
        if note_decoding(self._measured, self._cameras):
            keep_measured(self._profile_file, self._measured)
        self._follow_profile()
        self._follow_plan()
        if time.monotonic() - self._sampled_s >= _SAMPLE_S:
            self._sampled_s = time.monotonic()
            self._counts.sample()
            self._cpu.sample()
            self._sample_cost()

    def close(self) -> None:
        """End in the order of the frames' way."""
        for camera in self._cameras.values():
            camera.stop()
        self._feeder.close()
        self._decider.close()
        self._sinks.close()
        self._cache.close()

    # ---- what others ask ------------------------------------------------------------------------------------------

    def alive(self) -> bool:
        """Whether steps are made."""
        return time.monotonic() - self._stepped_s < _ALIVE_S

    def take_urls(self, urls: SignedUrls) -> None:
        """Fetch what is not here."""
        self._cache.fetch(urls.blobs)

    def report(self) -> RunnerReport:
        """Everything that the operator asks for."""
        plan = self._orders.plan
        served = self._feeder.served
        return RunnerReport(
            node=self._settings.node,
            served=served if plan is not None and served is not None else None,
            received=None if plan is None else plan.digest,
            lacks=() if plan is None else self._cache.lacks(plan),
            plan_problem=self._plan_problem,
            profile=self._measured.profile(),
            profile_problem=self._profile_problem,
            unavailable_bases=self._unavailable,
            cpu=self._cpu.rate(),
            cost_ratio=self._cost_ratio.value(),
            apps=self._app_reports(plan),
            streams={name: camera.report() for name, camera in list(self._cameras.items())},
        )

    def _app_reports(self, plan: RunnerPlan | None) -> dict[str, AppReport]:
        apps = {} if plan is None else {app.name: app for app in plan.apps}
        tallies = self._counts.tallies({name: app.fps for name, app in apps.items()})
        reports = {}
        for name in apps.keys() & tallies.keys():
            tally, events = tallies[name], self._sinks.tally(apps[name])
            reports[name] = AppReport(
                captured=tally.captured,
                analysed=tally.analysed,
                skipped=tally.skipped,
                dropped=tally.dropped,
                fps=tally.fps,
                events=events.events,
                last_event=events.last_event,
                undelivered=events.undelivered,
                sink_problem=events.problem,
            )
        return reports

    # ---- steps ----------------------------------------------------------------------------------------------------

    def _follow_cameras(self) -> None:
        """Play what the plan looks at, and what still has to be profiled."""
        plan, credentials = self._orders.plan, self._orders.credentials.logins
        unprofiled = [s for s in self._orders.wanted.streams if s.name not in self._measured.decode_s]
        needed = unprofiled if self._measured.frame_s is not None else list(self._orders.wanted.streams)
        wanted = {stream.name: stream for stream in (*needed, *(plan.streams if plan is not None else ()))}
        for name, camera in list(self._cameras.items()):
            stream = wanted.get(name)
            if stream is None or not _same_camera(camera, stream) or camera.login != credentials.get(name):
                # Ended in its own time: a camera that hangs must not hold up the others.
                self._cameras.pop(name).stop()
        for name in wanted.keys() - self._cameras.keys():
            self._cameras[name] = Camera(wanted[name], credentials.get(name), self._feeder.take)

    def _take_known_profile(self) -> None:
        """Go on from what the operator knows, where this disk knows nothing."""
        wanted = self._orders.wanted
        if wanted.profile is not None and self._measured.frame_s is None:
            known = measured_before(wanted.profile, declared=wanted.declared)
            if known is not None:
                self._measured = known
                keep_measured(self._profile_file, known)

    def _check_profile(self) -> None:
        """Once a start: a node that is not what it was is measured anew."""
        self._profile_checked = True
        if self._orders.wanted.declared:
            return
        if drifted_bases(self._measured, self._server.port):
            self._measured.bases, self._measured.frame_s, self._measured.idle = {}, None, None

    def _follow_profile(self) -> None:
        wanted = self._orders.wanted
        if not self._profile_checked:
            self._check_profile()
        missing = [name for name in wanted.bases if name not in self._measured.bases]
        if not missing or time.monotonic() < self._profile_retry_s:
            return
        if not any(camera.report().state == "decoding" for camera in self._cameras.values()):
            self._profile_problem = "no stream answers" if wanted.streams else None
            return
        bench = Bench(
            port=self._server.port,
            store=self._cache.folder,
            cpu_s=self._cpu.total_s,
            cameras=lambda: dict(self._cameras),
            play=self._play,
            analysed=self._analysed,
            resident_bytes=self._cpu.resident_bytes,
        )
        try:
            self._unavailable = measure_bases(self._measured, wanted.bases, bench)
            self._profile_problem = None
            keep_measured(self._profile_file, self._measured)
        except MainstreamError as error:
            self._profile_problem = error.message[:512]
        finally:
            if self._orders.plan is None:
                self._feeder.adopt(None)
        self._profile_retry_s = time.monotonic() + _RETRY_S

    def _follow_plan(self) -> None:
        """Have the plan served as soon as everything of it is here."""
        plan = self._orders.plan
        if plan is None:
            if self._feeder.served is not None:
                self._feeder.adopt(None)
            return
        lost = self._engine_lost.is_set()
        if (plan.digest == self._feeder.served and not lost) or time.monotonic() < self._plan_retry_s:
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
            self._plan_problem = str(error)[:512]
            self._plan_retry_s = time.monotonic() + _RETRY_S

    def _play(self, plan: RunnerPlan) -> None:
        """Have a plan loaded beside the one in use, and take it up."""
        self._engine_lost.clear()
        with closing(EngineClient(self._server.port)) as client:
            report = client.load(plan, self._cache.folder)
        self._feeder.adopt(Routing(plan, tuple((height, width) for height, width in report["sizes"])))

    def _sample_cost(self) -> None:
        plan = self._orders.plan
        served = plan if plan is not None and plan.digest == self._feeder.served else None
        analysed = {app: tally.analysed for app, tally in self._counts.tallies({}).items()}
        self._cost_ratio.sample(time.monotonic(), self._cpu.total_s(), analysed, served, self._measured.profile())

    def _analysed(self, app: str) -> int:
        tally = self._counts.tallies({}).get(app)
        return 0 if tally is None else tally.analysed


def _same_camera(camera: Camera, stream: RunnerStream) -> bool:
    return (camera.stream.url, camera.stream.fps) == (stream.url, stream.fps)
