"""The TorchServe handler: takes messages apart, asks the engine, answers in JSON; what matters is elsewhere.

The feeder's frames come over the line, in a thread of their own.
"""

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from pydantic import BaseModel

from mainstream.nn.registry import declared_bytes, load_to_measure
from mainstream_runner import wire
from mainstream_runner.engine.calibration import calibrated
from mainstream_runner.engine.host import EngineHost, StalePlanError
from mainstream_runner.engine.stopwatch import stopwatch
from mainstream_runner.line.answerer import Answerer
from mainstream_runner.line.sockets import address
from mainstream_runner.part_costs import PartCosts
from mainstream_runner.pixel_memory import PixelReader
from mainstream_runner.profiling.parts import measure_parts, time_whole
from mainstream_runner.profiling.room import check_room, free_memory_bytes
from mainstream_runner.serving.aside import Aside
from mainstream_runner.serving.worker import cache_folder, device, line_port

_SWITCH_INTERVAL_S = 0.001


class _Context(Protocol):
    """What TorchServe says of itself."""

    model_name: str


class Handler:
    """One worker's engine behind `initialize` and `handle`, as TorchServe calls them."""

    def initialize(self, context: _Context) -> None:
        """Make an engine without a plan; the feeder sends one."""
        # TorchServe's worker writes a line for every request, which costs the JVM more than the request itself.
        logging.getLogger().setLevel(logging.WARNING)
        torch.set_num_threads(1)
        # A plan that is loaded must not hold the interpreter for longer than a fraction of a frame.
        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        self._pixels = PixelReader()
        self._choose = calibrated(cache_folder(), device())
        self._host = EngineHost(self._choose, stopwatch(device()))
        self._aside: Aside[PartCosts | wire.WholeCost] = Aside()
        Answerer(self._host, address(line_port(), context.model_name), lambda error: isinstance(error, StalePlanError))

    def handle(self, requests: Sequence[Mapping[str, bytes | bytearray]], context: object) -> list[bytes]:
        """One JSON answer a request; an error is answered, never raised into TorchServe."""
        del context
        return [wire.encode(self._answer(request.get("body") or request.get("data") or b"")) for request in requests]

    def _answer(self, message: bytes | bytearray) -> BaseModel:
        try:
            return self._dispatch(wire.decode_request(message))
        except Exception as error:  # TorchServe would answer 503, and nobody would learn why
            return wire.refused(error, stale=isinstance(error, StalePlanError))

    def _dispatch(self, request: wire.EngineRequest) -> BaseModel:
        match request:
            case wire.ScoreRequest():
                frames = wire.frames_of(request.frames, self._pixels.read(request.pixels))
                return wire.Scores(scores=self._host.score(request.plan, frames))
            case wire.LoadRequest():
                self._host.load(request.plan, request.store)
                return self._host.state()
            case wire.StateRequest():
                return self._host.state()
            case wire.MeasureRequest():
                measured = self._aside.ask(request, lambda: self._measure(request))
                return wire.Measurement[PartCosts | wire.WholeCost](process=os.getpid(), result=measured)

    def _measure(self, asked: wire.MeasureRequest) -> PartCosts | wire.WholeCost:
        check_room(asked.base, declared_bytes(asked.base), free_memory_bytes())
        network = load_to_measure(asked.base)
        choice = self._choose(network)
        if asked.kind == "whole":
            whole_s = time_whole(network, choice, asked.fps, asked.seconds)
            return wire.WholeCost(digest=network.digest, whole_s=whole_s)
        return measure_parts(network, choice, asked.fps, asked.seconds)
