"""Asks the engine through TorchServe: one connection kept open, every wait bounded."""

import contextlib
import http.client
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.runner_plan import RunnerPlan
from mainstream_runner import wire
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine_report import EngineReport
from mainstream_runner.pixel_memory import PixelWriter

_REQUEST_TIMEOUT_S = 30.0
_PROFILE_TIMEOUT_S = 150.0
"""to measure a base network, and to convert it first"""
_PROFILE_POLL_S = 0.1
_LOAD_TIMEOUT_S = 120.0
_LOAD_POLL_S = 0.05


class EngineUnavailableError(MainstreamError):
    """No answer from TorchServe: it is starting, restarting its worker, or gone."""


class PlanNotServedError(MainstreamError):
    """The engine serves another plan than the one asked for, or none (its worker was restarted)."""


class EngineClient:
    """A connection to one TorchServe; belongs to one thread."""

    def __init__(self, port: int, model: str = wire.MODEL) -> None:
        self._path = f"/predictions/{model}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_REQUEST_TIMEOUT_S)
        self._pixels = PixelWriter()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        self._pixels.close()

    def report(self) -> EngineReport:
        """What the engine serves."""
        return cast(EngineReport, self._ask({"kind": "report"}))

    def profile(self, base: str, fps: float, seconds: float) -> dict[str, Any]:
        """Measure a base network's parts in the worker itself (profiling.parts.PartCosts as plain data)."""
        return self._measured({"kind": "profile", "base": base, "fps": fps, "seconds": seconds})

    def check(self, base: str, fps: float, seconds: float) -> tuple[str, float]:
        """Digest of a base network, and CPU-seconds per frame of all of it as the worker times it now."""
        answer = self._measured({"kind": "check", "base": base, "fps": fps, "seconds": seconds})
        return str(answer["digest"]), float(answer["whole_s"])

    def load(self, plan: RunnerPlan, store: Path) -> EngineReport:
        """Load a plan and wait until it is served; raises `InvalidInputError` with the engine's reason if it isn't."""
        message = {"kind": "load", "plan": plan.model_dump(mode="json"), "store": str(store.resolve())}
        self._ask(message)
        deadline_s = time.monotonic() + _LOAD_TIMEOUT_S
        while time.monotonic() < deadline_s:
            report = self.report()
            if report["loading"] == plan.digest:
                # Whatever is said of it until then is about an earlier attempt.
                time.sleep(_LOAD_POLL_S)
                continue
            if report["serving"] == plan.digest:
                return report
            if plan.digest in report["failed"]:
                raise InvalidInputError(report["failed"][plan.digest])
            if report["loading"] is None:
                raise PlanNotServedError("the worker was restarted while it loaded the plan", field="plan")
            time.sleep(_LOAD_POLL_S)
        raise EngineUnavailableError(f"the plan was not loaded within {_LOAD_TIMEOUT_S:.0f} s", field="plan")

    def score(self, plan_digest: str, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
        """For each frame the score of each of its apps."""
        where = self._pixels.write([frame.pixels for frame in frames])
        return cast(list[dict[str, float]], self._ask(wire.frames_message(plan_digest, frames, where))["scores"])

    def _measured(self, message: dict[str, Any]) -> dict[str, Any]:
        """Ask until it is measured: the worker does so beside the frames."""
        deadline_s = time.monotonic() + _PROFILE_TIMEOUT_S
        while time.monotonic() < deadline_s:
            answer = self._ask(message)
            if not answer.get("measuring"):
                return answer
            time.sleep(_PROFILE_POLL_S)
        raise EngineUnavailableError(f"was not measured within {_PROFILE_TIMEOUT_S:.0f} s", field="base")

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        # Not as JSON, which TorchServe's worker would parse by itself.
        headers = {"Content-Type": "application/octet-stream"}
        try:
            if self._connection.sock is None:
                self._connection.connect()
            self._connection.request("POST", self._path, wire.encode(message), headers)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            with contextlib.suppress(OSError):
                self._connection.close()
            raise EngineUnavailableError(f"no answer from TorchServe ({error})", field="torchserve") from error
        if response.status != http.client.OK:
            raise EngineUnavailableError(f"TorchServe answered {response.status}", field="torchserve")
        answer: dict[str, Any] = json.loads(content)
        if answer.get("stale"):
            raise PlanNotServedError(answer["error"])
        if "error" in answer:
            raise InvalidInputError(answer["error"])
        return answer
