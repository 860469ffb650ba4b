"""The TorchServe handler: takes messages apart, asks the engine, answers in JSON; what matters is elsewhere."""

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from mainstream.errors import MainstreamError
from mainstream.nn.registry import load_to_measure
from mainstream.runner_plan import RunnerPlan
from mainstream_runner import wire
from mainstream_runner.engine.calibration import calibrated
from mainstream_runner.engine.host import EngineHost, StalePlanError
from mainstream_runner.pixel_memory import PixelReader
from mainstream_runner.profiling.parts import measure_parts, time_whole
from mainstream_runner.serving.aside import Aside
from mainstream_runner.serving.worker import cache_folder, device

_SWITCH_INTERVAL_S = 0.001


class Handler:
    """One worker's engine behind `initialize` and `handle`, as TorchServe calls them."""

    def initialize(self, context: Any) -> None:
        """Make an engine without a plan; the feeder sends one."""
        del context
        # TorchServe's worker writes a line for every request, which costs the JVM more than the request itself.
        logging.getLogger().setLevel(logging.WARNING)
        torch.set_num_threads(1)
        # A plan that is loaded must not hold the interpreter for longer than a fraction of a frame.
        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        self._pixels = PixelReader()
        self._choose = calibrated(cache_folder(), device())
        self._host = EngineHost(self._choose)
        self._aside = Aside()

    def handle(self, requests: Sequence[dict[str, Any]], context: Any) -> list[bytes]:
        """One JSON answer a request; an error is answered, never raised into TorchServe."""
        del context
        return [json.dumps(self._answer(request)).encode() for request in requests]

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._dispatch(wire.decode(request.get("body") or request.get("data") or b""))
        except MainstreamError as error:
            return {"error": str(error), "stale": isinstance(error, StalePlanError)}
        except (KeyError, TypeError, ValueError) as error:
            return {"error": f"message lacks or misspells a field: {error}", "stale": False}
        except Exception as error:  # TorchServe would answer 503, and nobody would learn why
            logging.getLogger(__name__).exception("a message could not be answered")
            return {"error": f"{type(error).__name__}: {error}", "stale": False}

    def _dispatch(self, message: dict[str, Any]) -> dict[str, Any]:
        match message.get("kind"):
            case "frames":
                frames = wire.decode_frames(message, self._pixels.read(message["pixels"]))
                return {"scores": self._host.score(str(message["plan"]), frames)}
            case "load":
                self._host.load(RunnerPlan.model_validate(message["plan"]), Path(message["store"]))
                return dict(self._host.report())
            case "report":
                return dict(self._host.report())
            case "profile" | "check" as kind:
                asked = kind, str(message["base"]), float(message["fps"]), float(message["seconds"])
                return self._aside.ask(asked, lambda: self._measure(*asked)) or {"measuring": True}
            case kind:
                return {"error": f"unknown kind of message {kind!r}", "stale": False}

    def _measure(self, kind: str, base: str, fps: float, seconds: float) -> dict[str, Any]:
        network = load_to_measure(base)
        choice = self._choose(network)
        if kind == "check":
            return {"digest": network.digest, "whole_s": time_whole(network, choice, fps, seconds)}
        return measure_parts(network, choice, fps, seconds).model_dump()
