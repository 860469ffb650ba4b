"""Has the ordered plan served: loaded beside the one in use in a thread of its own, then taken up in one step."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from mainstream.api.sink_kind import SinkKeys
from mainstream.errors import MainstreamError
from mainstream.runner_plan import RunnerPlan
from mainstream_runner.client import EngineUnavailableError, PlanNotServedError
from mainstream_runner.engine_state import EngineState
from mainstream_runner.feeder.routing import served_routing
from mainstream_runner.pipeline.frame_pipeline import FramePipeline
from mainstream_runner.pod.blob_cache import BlobCache
from mainstream_runner.pod.following.long_work import LongWork, Pause, StoppedError

_log = logging.getLogger(__name__)
_RETRY_S = 10.0
"""until a plan that can't be served is tried again"""
_AWAY_RETRY_S = 0.1
"""until an engine that restarts is asked again: frames wait for it, and are dropped and counted if that takes long"""
_MOST_SAID = 512
"""characters of a problem"""


@dataclass(frozen=True)
class _Loading:
    plan: RunnerPlan
    work: LongWork[EngineState]


class PlanFollower:
    """Stepped by one thread, read by any."""

    def __init__(self, pipeline: FramePipeline, cache: BlobCache) -> None:
        self._pipeline = pipeline
        self._cache = cache
        self._loading: _Loading | None = None
        self._retry_s = 0.0
        self._adopted: str | None = None
        """digest of the ordered plan that was taken up last"""
        self.problem: str | None = None
        """why the ordered plan is not served"""
        self.app_problems: Mapping[str, str] = {}
        """apps of the plan that is served which do not run, and why"""

    def start_anew(self) -> None:
        """There are other orders: what was tried before says nothing of them."""
        self.problem, self._retry_s = None, 0.0

    def is_settled(self, plan: RunnerPlan | None) -> bool:
        """Whether the plan is served, or cannot be for now: nothing that is measured keeps it waiting."""
        return plan is None or plan.digest == self._pipeline.served or self.problem is not None

    def is_waiting(self, plan: RunnerPlan | None) -> bool:
        """Whether the plan would be loaded now, for the first time or since the engine lost it."""
        return plan is not None and self.problem is None and self._is_due(plan)

    def step(self, plan: RunnerPlan | None, keys: Mapping[str, SinkKeys]) -> None:
        """Start to load the plan once everything of it is here, or take it up once it is loaded."""
        if self._loading is not None and self._loading.plan is not plan:
            # Given up, though the engine may go on with it: the last plan asked for wins there.
            self._loading.work.stop()
            self._loading = None
        if plan is None:
            if self._pipeline.served is not None:
                self._pipeline.adopt(None, {})
            self._adopted = None
        elif self._loading is None:
            if self._is_due(plan):
                self._loading = _Loading(plan, LongWork("load-plan", lambda pause: self._load(plan, pause)))
        elif not self._loading.work.is_running:
            work, self._loading = self._loading.work, None
            self._conclude(plan, work, keys)

    def withdraw(self) -> None:
        """Play nothing more of what was ordered, if that is what plays: nobody waits for the end of a measurement."""
        if self._adopted is not None and self._pipeline.served == self._adopted:
            self._pipeline.adopt(None, {})
        self._adopted = None

    def close(self) -> None:
        """Load nothing more."""
        if self._loading is not None:
            self._loading.work.stop()

    def _is_due(self, plan: RunnerPlan) -> bool:
        if self._pipeline.serves(plan) or time.monotonic() < self._retry_s:
            return False
        return not self._cache.lacks(plan)

    def _conclude(self, plan: RunnerPlan, work: LongWork[EngineState], keys: Mapping[str, SinkKeys]) -> None:
        try:
            state = work.result()
            self._pipeline.adopt(served_routing(plan, state), keys)
        except StoppedError:
            return
        except (EngineUnavailableError, PlanNotServedError) as error:
            _log.warning("%s", error)
            self._retry_s = time.monotonic() + _AWAY_RETRY_S
        except MainstreamError as error:
            self.problem = str(error)[:_MOST_SAID]
            self._retry_s = time.monotonic() + _RETRY_S
        else:
            self.problem, self._adopted = None, plan.digest
            self.app_problems = {app: problem[:_MOST_SAID] for app, problem in state.unavailable_apps.items()}
            self._cache.keep(plan)

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
