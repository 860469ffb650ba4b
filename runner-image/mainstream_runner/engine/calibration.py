"""Which back end runs a base network on this node: the one that was seen to be fastest here, and as right.

Measured once for a base network, a machine and versions, and kept on disk. That its scores decide as the reference's
do is looked at again with every plan (`agreement`).
"""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, ValidationError

from mainstream.errors import MainstreamError
from mainstream.machine import machine_name, versions
from mainstream.messages.node_profile import Device
from mainstream.messages.status_report import said
from mainstream.nn.network import Network
from mainstream_runner.engine.agreement import difference, difference_problem
from mainstream_runner.engine.back_end import BackEnd
from mainstream_runner.engine.openvino_cpu import OpenVinoCpu
from mainstream_runner.engine.templates import Templates
from mainstream_runner.engine.torch_eager import TorchEager

_log = logging.getLogger(__name__)
_WARM_RUNS = 3
_RUNS = 9
_BATCH = 4
_LEAST_GAIN = 0.15
"""share of the time that batches must save: prepared for them as well, weights are in memory twice, and a plan takes
twice as long to load"""


@dataclass(frozen=True)
class BackEndChoice:
    """What runs a base network."""

    back_end: BackEnd
    batch: int = 1
    problem: str | None = None
    """why a faster back end is not used"""
    device: Device = "cpu"
    """that the back end runs on"""


class Choose(Protocol):
    """Says what runs a base network."""

    def __call__(self, network: Network, /) -> BackEndChoice:
        """The choice for this node."""
        ...


class Calibration(BaseModel):
    """One calibration, as it is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    back_end: str
    batch: int = Field(ge=1)
    seconds: dict[str, NonNegativeFloat]
    """CPU-seconds per frame of the whole network, by back end, `/4` for batches of four"""
    problem: str | None = None


def always(back_end: BackEnd, batch: int = 1) -> Choose:
    """No measuring: this one."""
    return lambda network: BackEndChoice(back_end, batch)


def calibrated(folder: Path | None, device: Device = "cpu") -> Choose:
    """Measure where `folder` (None: nowhere) does not tell of an earlier measurement.

    What it returns raises `InvalidInputError` where there is no such device.
    """
    if device == "cuda":
        # Asked for with every plan, so that a device that is missing becomes that plan's problem.
        return lambda network: BackEndChoice(TorchEager("cuda"), device="cuda")
    reference = TorchEager()
    openvino = OpenVinoCpu(Templates(None if folder is None else folder / "templates"))
    by_name: dict[str, BackEnd] = {each.name: each for each in (reference, openvino)}
    known: dict[str, Calibration] = {}

    def choose(network: Network) -> BackEndChoice:
        if network.digest not in known:
            path = None if folder is None else folder / f"calibration-{_key(network)}.json"
            known[network.digest] = _read(path) or _keep(path, _calibrate(network, reference, openvino))
        found = known[network.digest]
        return BackEndChoice(by_name[found.back_end], found.batch, found.problem)

    return choose


def _calibrate(network: Network, reference: BackEnd, fast: BackEnd) -> Calibration:
    pixels = np.random.default_rng(0).integers(
        0, 256, (_BATCH, network.preprocessing.height, network.preprocessing.width, 3), dtype=np.uint8
    )
    with torch.inference_mode():
        expected, seconds = _whole(network, reference, pixels[:1], 1)
        measured = {reference.name: seconds}
        try:
            found, measured[fast.name] = _whole(network, fast, pixels[:1], 1)
            _, batched = _whole(network, fast, pixels, _BATCH)
        except (MainstreamError, RuntimeError) as error:
            problem = said(f"{fast.name} is not used: {error}")
            return Calibration(back_end=reference.name, batch=1, seconds=measured, problem=problem)
    measured[f"{fast.name}/{_BATCH}"] = batched
    differs = difference_problem(fast, reference, difference(found, expected))
    if differs is not None:
        return Calibration(back_end=reference.name, batch=1, seconds=measured, problem=differs)
    if measured[fast.name] >= measured[reference.name]:
        return Calibration(back_end=reference.name, batch=1, seconds=measured)
    batch = _BATCH if batched < (1 - _LEAST_GAIN) * measured[fast.name] else 1
    return Calibration(back_end=fast.name, batch=batch, seconds=measured)


def _whole(
    network: Network, back_end: BackEnd, pixels: NDArray[np.uint8], batch: int
) -> tuple[NDArray[np.float32], float]:
    """Feature map of the first frame, and the least CPU-seconds a frame."""
    shape = network.branch_points[0].shape
    run = back_end.chain(network.segments, shape, batch, network.preprocessing).step()
    features = back_end.numbers(run(pixels))[:1].copy()
    return features, _least_s(lambda: run(pixels)) / batch


def _least_s(run: Callable[[], object]) -> float:
    times_s: list[float] = []
    for _ in range(_WARM_RUNS + _RUNS):
        start_s = time.thread_time()
        run()
        times_s.append(time.thread_time() - start_s)
    return min(times_s[_WARM_RUNS:])


def _key(network: Network) -> str:
    of = (network.digest, machine_name(), versions(("torch", "openvino", "mainstream")))
    return hashlib.sha256(repr(of).encode()).hexdigest()[:32]


def _read(path: Path | None) -> Calibration | None:
    try:
        return None if path is None else Calibration.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _keep(path: Path | None, measured: Calibration) -> Calibration:
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            hidden = path.with_name(f".{path.name}")
            hidden.write_text(measured.model_dump_json(), encoding="utf-8")
            hidden.replace(path)
        except OSError as error:
            _log.warning("a calibration could not be kept: %s", error)
    return measured
