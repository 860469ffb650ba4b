"""Asks the engine through TorchServe: one connection kept open, every wait bounded."""

import contextlib
import http.client
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner import wire
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine_state import EngineState
from mainstream_runner.part_costs import PartCosts
from mainstream_runner.pixel_memory import PixelWriter

_REQUEST_TIMEOUT_S = 30.0
_MEASURE_TIMEOUT_S = 150.0
"""to measure a base network, and to convert it first"""
_MEASURE_POLL_S = 0.1
_LOAD_TIMEOUT_S = 120.0
_LOAD_POLL_S = 0.05

_Answer = TypeVar("_Answer", bound=BaseModel)
_STATE: TypeAdapter[EngineState | wire.Refused] = TypeAdapter(EngineState | wire.Refused)
_SCORES: TypeAdapter[wire.Scores | wire.Refused] = TypeAdapter(wire.Scores | wire.Refused)
_PART_COSTS: TypeAdapter[wire.Measurement[PartCosts] | wire.Refused] = TypeAdapter(
    wire.Measurement[PartCosts] | wire.Refused
)
_WHOLE_COST: TypeAdapter[wire.Measurement[wire.WholeCost] | wire.Refused] = TypeAdapter(
    wire.Measurement[wire.WholeCost] | wire.Refused
)


class EngineUnavailableError(MainstreamError):
    """No answer from TorchServe: it is starting, restarting its worker, or gone."""


class MeasurementLostError(EngineUnavailableError):
    """The worker ended while it measured."""


class PlanNotServedError(MainstreamError):
    """The engine serves another plan than the one asked for, or none (its worker was restarted)."""


def refusal(answer: wire.Refused) -> MainstreamError:
    """What a refusal stands for."""
    return PlanNotServedError(answer.error) if answer.stale else InvalidInputError(answer.error)


class EngineClient:
    """A connection to one TorchServe; belongs to one thread."""

    def __init__(self, port: int, model: str = wire.MODEL, *, pause: Callable[[float], object] = time.sleep) -> None:
        """`pause` waits between questions for what takes long; what it raises ends the waiting."""
        self._path = f"/predictions/{model}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_REQUEST_TIMEOUT_S)
        self._pixels = PixelWriter()
        self._pause = pause

    def close(self) -> None:
        """Close the connection; harmless twice."""
        self._connection.close()
        self._pixels.close()

    def state(self) -> EngineState:
        """What the engine serves."""
        return self._ask(wire.StateRequest(), _STATE)

    def part_costs(self, base: str, fps: float, seconds: float) -> PartCosts:
        """What a base network's parts cost, measured in the worker itself with `fps` runs a second for `seconds`."""
        return self._measured(wire.MeasureRequest(kind="parts", base=base, fps=fps, seconds=seconds), _PART_COSTS)

    def whole_cost(self, base: str, fps: float, seconds: float) -> wire.WholeCost:
        """What all of a base network costs as the worker times it now."""
        return self._measured(wire.MeasureRequest(kind="whole", base=base, fps=fps, seconds=seconds), _WHOLE_COST)

    def load(self, plan: RunnerPlan, store: Path) -> EngineState:
        """Load a plan and wait until it is served; raises `InvalidInputError` with the engine's reason if it isn't."""
        self._ask(wire.LoadRequest(plan=plan, store=store.resolve()), _STATE)
        digest, deadline_s = plan.digest, time.monotonic() + _LOAD_TIMEOUT_S
        while time.monotonic() < deadline_s:
            state = self.state()
            if state.loading == digest:
                # Whatever is said of it until then is about an earlier attempt.
                self._pause(_LOAD_POLL_S)
                continue
            if state.serving == digest:
                return state
            if digest in state.failed:
                raise InvalidInputError(state.failed[digest])
            if state.loading is None:
                raise PlanNotServedError("the worker was restarted while it loaded the plan", field="plan")
            self._pause(_LOAD_POLL_S)
        raise EngineUnavailableError(f"the plan was not loaded within {_LOAD_TIMEOUT_S:.0f} s", field="plan")

    def score(self, plan_digest: str, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
        """For each frame the score of each of its apps."""
        place = self._pixels.write([frame.pixels for frame in frames])
        return self._ask(wire.score_request(plan_digest, frames, place), _SCORES).scores

    def _measured(
        self, request: wire.MeasureRequest, answers: TypeAdapter[wire.Measurement[_Answer] | wire.Refused]
    ) -> _Answer:
        """Ask until it is measured: the worker does so beside the frames."""
        deadline_s = time.monotonic() + _MEASURE_TIMEOUT_S
        measured: wire.Measurement[_Answer] | None = None
        while time.monotonic() < deadline_s:
            before = measured
            try:
                measured = self._ask(request, answers)
            except EngineUnavailableError as error:
                raise error if before is None else MeasurementLostError(error.message, field=error.field) from error
            if before is not None and before.process != measured.process:
                raise MeasurementLostError("the worker was restarted while it measured", field="torchserve")
            if measured.result is not None:
                return measured.result
            self._pause(_MEASURE_POLL_S)
        raise MainstreamError(f"was not measured within {_MEASURE_TIMEOUT_S:.0f} s; it is tried again", field="base")

    def _ask(self, request: BaseModel, answers: TypeAdapter[_Answer | wire.Refused]) -> _Answer:
        """Send a request; what it is answered. Raises what a refusal stands for."""
        # Not as JSON, which TorchServe's worker would parse by itself.
        headers = {"Content-Type": "application/octet-stream"}
        try:
            if self._connection.sock is None:
                self._connection.connect()
            self._connection.request("POST", self._path, wire.encode(request), headers)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            with contextlib.suppress(OSError):
                self._connection.close()
            raise EngineUnavailableError(f"no answer from TorchServe ({error})", field="torchserve") from error
        if response.status != http.client.OK:
            raise EngineUnavailableError(f"TorchServe answered {response.status}", field="torchserve")
        try:
            answered = answers.validate_json(content)
        except ValidationError as error:
            raise EngineUnavailableError("TorchServe answered something else than asked", field="torchserve") from error
        if isinstance(answered, wire.Refused):
            raise refusal(answered)
        return answered
