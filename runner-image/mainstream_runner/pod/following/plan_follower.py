"""Has the ordered plan served: loaded beside the one in use in a thread of its own, then taken up in one step.

It is taken up with whoever's weights are complete; the others follow as theirs come, each without holding up anybody.
"""

import functools
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.errors import MainstreamError
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.messages.status_report import said
from mainstream.mpackage.manifest import Blob
from mainstream_runner.client import EngineUnavailableError, PlanNotServedError
from mainstream_runner.engine_state import EngineState
from mainstream_runner.feeder.routing import served_routing
from mainstream_runner.pipeline.frame_pipeline import FramePipeline
from mainstream_runner.pod.blob_cache import BlobCache
from mainstream_runner.pod.following.long_work import LongWork, Pause, StoppedError
from mainstream_runner.pod.following.partial_plan import IsHere, servable_part
from mainstream_runner.pod.orders import Orders

_log = logging.getLogger(__name__)
_RETRY_S = 10.0
"""until a plan that can't be served is tried again"""
_AWAY_RETRY_S = 0.1
"""until an engine that restarts is asked again: frames wait for it, and are dropped and counted if that takes long"""
_LOOK_S = 0.25
"""between two looks at what is on the disk"""
_SETTLE_S = 1.0
"""in which no further app became complete: then those that are need not wait for the rest"""
_PATIENCE_S = 3.0
"""after which they do not, whatever still comes"""


@dataclass(frozen=True)
class _Loading:
    ordered: RunnerPlan
    plan: RunnerPlan
    """what of it can be served"""
    work: LongWork[EngineState]


@dataclass(frozen=True)
class _TakenUp:
    ordered_digest: str
    plan: RunnerPlan
    plan_digest: str
    app_problems: Mapping[str, str]


@dataclass
class _Incomplete:
    """An ordered plan of which weights lack."""

    ordered: RunnerPlan
    part: RunnerPlan
    since_s: float
    changed_s: float


class PlanFollower:
    """Stepped by one thread, read by any."""

    def __init__(self, pipeline: FramePipeline, cache: BlobCache) -> None:
        self._pipeline = pipeline
        self._cache = cache
        self._loading: _Loading | None = None
        self._incomplete: _Incomplete | None = None
        self._looked_s = self._retry_s = 0.0
        self._taken_up: _TakenUp | None = None
        self.problem: str | None = None
        """why the ordered plan is not served"""
        self.lacking: Mapping[str, tuple[Blob, ...]] = {}
        """what apps of the ordered plan wait for that do not run without it"""

    @property
    def running(self) -> RunnerPlan | None:
        """What frames run through, if that was ordered: the ordered plan, or a part of it."""
        current = self._current
        return None if current is None else current.plan

    @property
    def served(self) -> str | None:
        """Digest of the ordered plan that frames run through, if only for a part of its apps."""
        current = self._current
        return None if current is None else current.ordered_digest

    @property
    def app_problems(self) -> Mapping[str, str]:
        """Apps of what frames run through which do not run, and why."""
        current = self._current
        return {} if current is None else current.app_problems

    @property
    def _current(self) -> _TakenUp | None:
        """What was taken up, as long as frames run through it: what is measured may run a plan of its own."""
        taken_up = self._taken_up
        return None if taken_up is None or taken_up.plan_digest != self._pipeline.served else taken_up

    def start_anew(self) -> None:
        """There are other orders: what was tried before says nothing of them."""
        self.problem, self._looked_s, self._retry_s = None, 0.0, 0.0

    def is_settled(self, orders: Orders) -> bool:
        """Whether the plan is served, or cannot be for now: nothing that is measured keeps it waiting."""
        return orders.plan is None or self.problem is not None or self.is_served(orders)

    def is_served(self, orders: Orders) -> bool:
        """Whether frames run through the ordered plan, if only for a part of its apps."""
        return orders.plan_digest is not None and orders.plan_digest == self.served

    def is_waiting(self, orders: Orders) -> bool:
        """Whether something of the plan would be loaded now, for the first time or since the engine lost it."""
        return self.problem is None and self._next_plan(orders) is not None

    def step(self, orders: Orders) -> None:
        """Start to load what of the plan can be served, or take it up once it is loaded."""
        ordered, digest = orders.plan, orders.plan_digest
        if self._loading is not None and self._loading.ordered is not ordered:
            # Given up, though the engine may go on with it: the last plan asked for wins there.
            self._loading.work.stop()
            self._loading = None
        if ordered is None or digest is None:
            if self._pipeline.served is not None:
                self._pipeline.adopt(None, {})
            self._taken_up, self._incomplete, self.lacking = None, None, {}
        elif self._loading is None:
            plan = self._next_plan(orders)
            if plan is not None:
                self._loading = _Loading(ordered, plan, LongWork("load-plan", lambda pause: self._load(plan, pause)))
        elif not self._loading.work.is_running:
            loading, self._loading = self._loading, None
            self._conclude(loading, digest, orders.credentials.sinks)

    def withdraw(self) -> None:
        """Play nothing more of what was ordered, if that is what plays: nobody waits for the end of a measurement."""
        if self.running is not None:
            self._pipeline.adopt(None, {})
        self._taken_up = None

    def keep_sinks(self, keys: Mapping[str, SinkKeys]) -> None:
        """Keys of sinks may change without the plan."""
        if (running := self.running) is not None:
            self._pipeline.keep_sinks(running, keys)

    def close(self) -> None:
        """Load nothing more."""
        if self._loading is not None:
            self._loading.work.stop()

    def _next_plan(self, orders: Orders) -> RunnerPlan | None:
        """What of the ordered plan is to be loaded now; None while that is served, or is better waited for."""
        ordered, digest = orders.plan, orders.plan_digest
        if ordered is None or digest is None:
            return None
        current = self._current
        if current is not None and current.plan_digest == digest and not self._pipeline.has_lost_plan:
            # All of it is loaded: what lies on the disk no longer matters.
            self._taken_up, self.lacking = replace(current, ordered_digest=digest), {}
            return None
        now_s = time.monotonic()
        if now_s < max(self._retry_s, self._looked_s + _LOOK_S):
            return None
        self._looked_s = now_s
        is_here = functools.cache(self._cache.has)
        part = servable_part(ordered, is_here, None if current is None else current.plan)
        self._note_lacking(ordered, part, is_here)
        if current is not None and part == current.plan:
            # Maybe other orders of which the same part can be served.
            self._taken_up = replace(current, ordered_digest=digest)
            return part if self._pipeline.has_lost_plan else None
        return part if part is ordered or self._has_waited(ordered, part, now_s) else None

    def _has_waited(self, ordered: RunnerPlan, part: RunnerPlan, now_s: float) -> bool:
        """Whether those who are complete have waited long enough for the rest: most plans are complete in a second."""
        if not part.apps and self._pipeline.served is None:
            return False
        known = self._incomplete
        if known is None or known.ordered is not ordered:
            self._incomplete = _Incomplete(ordered, part, now_s, now_s)
            return False
        if known.part != part:
            known.part, known.changed_s = part, now_s
        return now_s - known.changed_s >= _SETTLE_S or now_s - known.since_s >= _PATIENCE_S

    def _note_lacking(self, ordered: RunnerPlan, part: RunnerPlan, is_here: IsHere) -> None:
        runs = {app.name for app in part.apps}
        self.lacking = {
            app.name: tuple(blob for blob in app.blobs if not is_here(blob))
            for app in ordered.apps
            if app.name not in runs
        }

    def _conclude(self, loading: _Loading, digest: str, keys: Mapping[str, SinkKeys]) -> None:
        try:
            state = loading.work.result()
            routing = served_routing(loading.plan, state)
            self._pipeline.adopt(routing, keys)
        except StoppedError:
            return
        except (EngineUnavailableError, PlanNotServedError) as error:
            _log.warning("%s", error)
            self._retry_s = time.monotonic() + _AWAY_RETRY_S
        except MainstreamError as error:
            self.problem = said(str(error))
            self._retry_s = time.monotonic() + _RETRY_S
        else:
            self.problem, self._incomplete = None, None
            problems = {app: said(problem) for app, problem in state.unavailable_apps.items()}
            self._taken_up = _TakenUp(digest, loading.plan, routing.digest, problems)
            self._cache.keep(loading.ordered, loading.plan)

    def _load(self, plan: RunnerPlan, pause: Pause) -> EngineState:
        """In a thread of its own. Weights that were changed on the disk are fetched anew, and the plan tried again."""
        try:
            state = self._pipeline.load(plan, self._cache.folder, pause)
        except (EngineUnavailableError, PlanNotServedError):
            raise
        except MainstreamError as error:
            if self._cache.put_out_spoiled(plan):
                raise _spoiled() from error
            raise
        if state.unavailable_apps and self._cache.put_out_spoiled(plan):
            raise _spoiled()
        return state


def _spoiled() -> PlanNotServedError:
    return PlanNotServedError("weights were changed on the disk and are fetched again", field="plan")
