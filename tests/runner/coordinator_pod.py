"""A coordinator with its folders, and an engine that loads for as long as a test lets it."""

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import av
import numpy as np
from order_files import write_orders
from runner_apps import runner_app, runner_plan

from mainstream.errors import InvalidInputError
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.manifest import Blob
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine_state import EngineState
from mainstream_runner.pod.coordinator import Coordinator
from mainstream_runner.pod.settings import PodSettings
from mainstream_runner.views import plan_views

WEIGHTS = b"weights"
HEAD = Blob(sha256=hashlib.sha256(WEIGHTS).hexdigest(), size_bytes=len(WEIGHTS))
LONGEST_STEP_S = 3.0
"""a busy disk takes some of it; what steps would wait for here never comes"""
PICTURE = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")


class Engine:
    """Stands in for TorchServe: loading takes as long as a test lets it, and can be refused."""

    may_load: ClassVar[threading.Event]
    refused: ClassVar[int] = 0
    asked: ClassVar[list[str]] = []
    unavailable: ClassVar[dict[str, str]] = {}

    def __init__(self, port: int, *, pause: Callable[[float], object] = time.sleep) -> None:
        del port
        self._pause = pause

    def load(self, plan: RunnerPlan, store: Path) -> EngineState:
        del store
        Engine.asked.append(plan.digest)
        while not Engine.may_load.is_set():
            self._pause(0.01)
        if Engine.refused:
            Engine.refused -= 1
            raise InvalidInputError("the engine refuses it")
        return EngineState(
            serving=plan.digest,
            loading=None,
            failed={},
            unavailable_apps=dict(Engine.unavailable),
            sizes=((8, 8),) * len(plan_views(plan)),
            back_end="torch-eager",
            back_end_problem=None,
            scored_frames=0,
            scored_s=0.0,
        )

    def score(self, plan_digest: str, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
        del plan_digest
        return [dict.fromkeys(frame.apps, 0.0) for frame in frames]

    def close(self) -> None:
        pass


class Pod:
    """A coordinator with its folders."""

    def __init__(self, folder: Path) -> None:
        for name in ("orders", "secret", "data"):
            (folder / name).mkdir()
        self.orders = folder / "orders"
        self.settings = PodSettings("n", orders=self.orders, secret=folder / "secret", data=folder / "data")
        serving: Any = SimpleNamespace(port=1, guard=None, runs=True, restarts=0, follow=lambda: False)
        self.coordinator = Coordinator(self.settings, serving)
        self.order(None)

    def order(self, plan: RunnerPlan | None) -> None:
        """Have this plan served, and put its head on the disk."""
        if plan is not None:
            (self.settings.data / "store" / "blobs" / HEAD.sha256).write_bytes(WEIGHTS)
        write_orders(self.orders, plan)

    def step_until(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Step; no step may take long."""
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s
            self.step()

    def step(self) -> None:
        start_s = time.monotonic()
        self.coordinator.step()
        assert time.monotonic() - start_s < LONGEST_STEP_S
        time.sleep(0.005)

    @property
    def served(self) -> str | None:
        """Digest of the plan that it says is served."""
        return self.coordinator.status.report().served


def plan_of(fps: float) -> RunnerPlan:
    return runner_plan(runner_app(head=HEAD, fps=fps))
