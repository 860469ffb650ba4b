"""Holds the executor in use and swaps it at a frame boundary: the next is loaded and warmed beside it before."""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.agreement import FRAMES
from mainstream_runner.engine.calibration import Choose
from mainstream_runner.engine.executor import Executor
from mainstream_runner.engine.loader import PreparedParts, load_executor
from mainstream_runner.engine.stopwatch import Stopwatch, on_cpu
from mainstream_runner.engine_state import EngineState

_log = logging.getLogger(__name__)
_LOADER_NICENESS = 10
_HANDOVER_S = 10.0
"""how long the plan before is still run for frames that were scaled for it; then its memory is let go"""
_PICTURE_S = 5.0
"""between frames that are kept"""


@dataclass(frozen=True)
class _Load:
    plan: RunnerPlan
    store: Path


class EngineHost:
    """One engine of one worker: frames are scored by one thread at a time, plans are loaded by another."""

    def __init__(self, choose: Choose, timed: Stopwatch = on_cpu) -> None:
        """`timed` says what scoring takes of the device that networks run on."""
        self._choose = choose
        self._timed = timed
        self._prepared: PreparedParts = WeakValueDictionary()
        self._pictures: dict[tuple[int, int], deque[NDArray[np.uint8]]] = {}
        self._pictured_s = 0.0
        self._executor: Executor | None = None
        self._before: Executor | None = None
        self._lock = threading.Lock()
        self._scoring = threading.Lock()
        self._wanted: _Load | None = None
        self._loading: str | None = None
        self._failed: dict[str, str] = {}
        self._scored_frames = 0
        self._scored_s = 0.0

    def load(self, plan: RunnerPlan, store: Path) -> None:
        """Start to load a plan and return; frames run through the old one until the new one is warm.

        The last plan asked for wins. `state` says how it went. For a while after that the old one still runs frames
        whose sender names it, so that no frame waits for its sender to learn of the change.
        """
        with self._lock:
            if self._loading == plan.digest and self._wanted is None:
                return  # whoever asks again lost patience; a busy node is not made faster by starting over
            self._wanted = _Load(plan, store)
            if self._loading is None:
                self._loading = plan.digest
                threading.Thread(target=self._load_wanted, name="plan-loader", daemon=True).start()

    def score(self, plan_digest: str, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
        """Scores of due apps, frame by frame; `StalePlanError` where another plan than the caller's is served."""
        with self._scoring:
            executor = self._executor_of(plan_digest)
            for frame in frames:
                _check(frame, executor)
            scores, scored_s = self._timed(executor.score, frames)
            self._scored_s += scored_s
            self._scored_frames += len(frames)
        if frames and time.monotonic() - self._pictured_s > _PICTURE_S:
            self._pictured_s = time.monotonic()
            self._keep_pictures(frames)
        return scores

    def state(self) -> EngineState:
        """What is served, what is on its way, what failed."""
        with self._lock:
            executor = self._executor
            return EngineState(
                serving=executor.plan_digest if executor else None,
                loading=self._loading,
                failed=dict(self._failed),
                unavailable_apps=dict(executor.unavailable_apps) if executor else {},
                sizes=tuple((view.height, view.width) for view in executor.views) if executor else (),
                back_end=executor.back_end if executor else "",
                back_end_problem=executor.back_end_problem if executor else None,
                scored_frames=self._scored_frames,
                scored_s=self._scored_s,
            )

    def _executor_of(self, plan_digest: str) -> Executor:
        # In this order: a swap sets the one before first, so whoever is served is found in one of the two.
        for executor in (self._executor, self._before):
            if executor is not None and executor.plan_digest == plan_digest:
                return executor
        raise StalePlanError("another plan is served; load the plan again", field="plan")

    def _keep_pictures(self, frames: Sequence[DueFrame]) -> None:
        """Frames to compare back ends on when the next plan is loaded; those of now outlive their message."""
        for frame in frames:
            size = frame.pixels.shape[:2]
            self._pictures.setdefault((size[0], size[1]), deque(maxlen=FRAMES)).append(frame.pixels.copy())

    def _load_wanted(self) -> None:
        while (wanted := self._next_wanted()) is not None:
            if self._executor is not None:
                # What is loaded must not take the processor from what is scored; at a start frames wait for it.
                _yield_to_others()
            executor: Executor | None = None
            failure: dict[str, str] = {}
            self._before = None  # three plans at once would be more memory than is planned for
            try:
                served = self._executor
                executor = load_executor(
                    wanted.plan,
                    wanted.store,
                    self._choose,
                    prepared=self._prepared,
                    agreed=frozenset() if served is None else served.agreed,
                    pictures={size: tuple(kept) for size, kept in self._pictures.copy().items()},
                )
            except MainstreamError as error:
                failure = {wanted.plan.digest: str(error)}
            except Exception as error:  # a bug must be reported as well, not only end this thread
                _log.exception("loading plan %s failed", wanted.plan.digest)
                failure = {wanted.plan.digest: f"loading the plan failed: {type(error).__name__}: {error}"}
            with self._lock:
                self._failed = failure
                if executor is not None:
                    self._swap(executor)

    def _swap(self, executor: Executor) -> None:
        before = self._before = self._executor
        self._executor = executor

        def let_go() -> None:
            if self._before is before:
                self._before = None

        if before is not None:
            timer = threading.Timer(_HANDOVER_S, let_go)
            timer.daemon = True
            timer.start()

    def _next_wanted(self) -> _Load | None:
        with self._lock:
            wanted, self._wanted = self._wanted, None
            self._loading = wanted.plan.digest if wanted else None
            return wanted


def _yield_to_others() -> None:
    """Give this thread a low priority, for good: taking it back would need a right that a runner does not have."""
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, max(_LOADER_NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))


class StalePlanError(MainstreamError):
    """Frames came for a plan that is not the one served; after a restart of the worker there is none."""


def _check(frame: DueFrame, executor: Executor) -> None:
    if not 0 <= frame.view < len(executor.views):
        raise InvalidInputError(f"the plan has {len(executor.views)} views, not a view {frame.view}", field="view")
    view = executor.views[frame.view]
    if frame.pixels.shape != (view.height, view.width, 3):
        raise InvalidInputError(
            f"view {frame.view} takes {view.height}x{view.width} RGB pixels, not {frame.pixels.shape}", field="pixels"
        )
    if not view.apps.issuperset(frame.apps) and (
        unknown := sorted(set(frame.apps) - view.apps - executor.unavailable_apps.keys())
    ):
        raise InvalidInputError(f"view {frame.view} has no app {unknown[0]!r}", field="apps")
