"""What the runner does next: follows its orders, one small step at a time, and never waits for others.

Orders change, blobs arrive, cameras come and go, the engine is restarted: each is looked at in turn, many times a
second. What takes long (loading a plan, profiling) happens in threads of its own whose state the steps look at, while
frames take their own way (`pipeline`).
"""

import logging
import threading
import time

from mainstream.errors import MainstreamError
from mainstream.hosts.rules import HostRules
from mainstream.messages.forgetting import ForgetOrder, Forgotten
from mainstream.messages.status_report import SignedUploads, SignedUrls
from mainstream_runner.feeder.camera import abandoned_decoders
from mainstream_runner.feeder.counts import words_of
from mainstream_runner.pipeline.frame_pipeline import FramePipeline
from mainstream_runner.pod.blob_cache import BlobCache
from mainstream_runner.pod.cost_ratio import CostRatio
from mainstream_runner.pod.cpu import CpuMeter
from mainstream_runner.pod.following.camera_follower import follow_cameras
from mainstream_runner.pod.following.plan_follower import PlanFollower
from mainstream_runner.pod.following.profile_follower import ProfileFollower
from mainstream_runner.pod.orders import Orders, OrdersReader
from mainstream_runner.pod.serving import Serving
from mainstream_runner.pod.settings import PodSettings
from mainstream_runner.pod.status import RunnerStatus

_log = logging.getLogger(__name__)
_STEP_S = 0.05
_SAMPLE_S = 1.0
_ALIVE_S = 30.0
"""longest step that is not a hang: none waits for anything but the disk"""
_ABANDONED_DECODERS = 8
"""threads that hang in decoders; with more of them the container is started anew"""


class Coordinator:
    """One runner; `step` is called by one thread, all else from any."""

    def __init__(self, settings: PodSettings, serving: Serving) -> None:
        self._serving = serving
        self._reader = OrdersReader(settings.orders, settings.secret, settings.data / "orders")
        self._orders = Orders()
        self._cache = BlobCache(settings.data / "store", self._host_rules)
        self._pipeline = FramePipeline(
            serving.port, settings.node, settings.storage, rules=self._host_rules, measures=True
        )
        self._plans = PlanFollower(self._pipeline, self._cache)
        cpu = CpuMeter(lambda: serving.guard)
        self._profiles = ProfileFollower(
            settings.data / "profile.json", self._cache.folder, serving.port, self._pipeline, cpu
        )
        self.status = RunnerStatus(
            node=settings.node,
            orders=lambda: self._orders,
            pipeline=self._pipeline,
            cache=self._cache,
            plans=self._plans,
            profiles=self._profiles,
            serving=serving,
            cpu=cpu,
            cost_ratio=CostRatio(),
        )
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
        self._follow_orders()
        follow_cameras(self._pipeline, self._orders, self._profiles.known, self._plans.running)
        self._profiles.note_decoding()
        if self._serving.runs:
            self._follow_plan()
            self._profiles.step(self._orders, plan_is_settled=self._plans.is_settled(self._orders))
        if time.monotonic() - self._sampled_s >= _SAMPLE_S:
            self._sampled_s = time.monotonic()
            self._pipeline.sample()
            self._profiles.note_duties()
            self.status.sample()

    def close(self) -> None:
        """End what takes long, then the frames' way."""
        self._plans.close()
        self._profiles.close()
        self._pipeline.close()
        self._cache.close()
        _log.warning("leaves: %s", words_of(self._pipeline.counts.tallies()))

    # ---- what others ask ------------------------------------------------------------------------------------------

    def alive(self) -> bool:
        """Whether steps are made."""
        return time.monotonic() - self._stepped_s < _ALIVE_S

    def ready(self) -> bool:
        """Whether TorchServe has started and runs."""
        return self._serving.runs

    def take_urls(self, urls: SignedUrls) -> None:
        """Fetch what is not here."""
        self._cache.fetch(urls.blobs)

    def take_uploads(self, uploads: SignedUploads) -> None:
        """Write clips to where the operator says."""
        self._pipeline.delivery.take_uploads(uploads.uploads)

    def forget(self, order: ForgetOrder) -> Forgotten:
        """Remove what is here of an app's alerts of a span."""
        return self._pipeline.delivery.forget(order)

    def _host_rules(self) -> HostRules:
        """Which hosts may be called, as the operator says now."""
        return self._orders.wanted.host_rules

    # ---- steps ----------------------------------------------------------------------------------------------------

    def _follow_orders(self) -> None:
        orders = self._reader.read()
        if orders is self._orders:
            return
        self._orders = orders
        self._pipeline.cameras.film(orders.plan)
        self._profiles.start_anew(orders.wanted)
        self._plans.start_anew()
        if self._plans.is_served(orders):
            self._plans.keep_sinks(orders.credentials.sinks)

    def _follow_plan(self) -> None:
        """What is ordered is served before anything is measured, as frames are lost until then.

        What is measured may be running a plan of its own: it is given up first.
        """
        if self._profiles.is_busy:
            if self._orders.plan is None:
                self._plans.withdraw()
            elif self._plans.is_waiting(self._orders):
                self._profiles.stop()
            return
        self._plans.step(self._orders)
