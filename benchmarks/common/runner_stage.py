"""What the runner's benchmarks share: frames of a real clip, an engine behind TorchServe, processes kept on one core,
threads that keep asking."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import av
import numpy as np
import psutil
import torch
from numpy.typing import NDArray

from common.harness import scratch
from common.plaza import CLIP
from mainstream.footage.frames import view_pixels
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan, RunnerStream
from mainstream.nn.network import Network
from mainstream.nn.registry import load_base_network
from mainstream_runner.engine.calibration import calibrated
from mainstream_runner.plan_cost import expected_cost
from mainstream_runner.serving.torchserve import TorchServe, torchserve

CLIP_FPS = 10.0


@dataclass(frozen=True)
class Served:
    """An engine that was calibrated, and the folders that it and whoever asks it work in."""

    network: Network
    folder: Path
    store: Path
    cache: Path
    server: TorchServe


@contextmanager
def served(base: str) -> Iterator[Served]:
    """An engine for plans of a base network, on one thread; calibrated once, before engines ask for it."""
    torch.set_num_threads(1)
    network = load_base_network(base)
    with scratch() as folder:
        store, cache = folder / "store", folder / "cache"
        calibrated(cache)(network)
        with torchserve(cache=cache) as server:
            yield Served(network, folder, store, cache, server)


def clip_stream(name: str = "plaza", fps: float = CLIP_FPS) -> RunnerStream:
    """The clip as a stream."""
    return RunnerStream(name=name, url=f"file:{CLIP}", fps=fps, crops={"full": None})


def plan_of(streams: Sequence[RunnerStream], apps: Sequence[RunnerApp]) -> RunnerPlan:
    """Apps that share what they can; whatever budget there is."""
    return RunnerPlan(node="node", sharing=True, budget=0.0, cost=0.0, streams=tuple(streams), apps=tuple(apps))


def planned_cost(plan: RunnerPlan, profile: NodeProfile) -> float:
    """CPU-seconds a second, where every app has its rate."""
    return expected_cost(plan, {app.name: app.fps for app in plan.apps}, profile)


def pictures(count: int) -> list[av.VideoFrame]:
    """The first frames of the clip."""
    with av.open(str(CLIP)) as container:
        return [frame for frame, _ in zip(container.decode(video=0), range(count), strict=False)]


def pixels(count: int, size: int) -> list[NDArray[np.uint8]]:
    """The first frames of the clip, scaled."""
    return [view_pixels(picture, None, size, size) for picture in pictures(count)]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keep this process, with all its threads, on one core."""
    before = os.sched_getaffinity(0)
    pin([psutil.Process()], [core])
    try:
        yield
    finally:
        pin([psutil.Process()], list(before))


def pin(processes: Sequence[psutil.Process], cores: Sequence[int]) -> None:
    """Every thread of the processes: affinity is a thread's."""
    for process in processes:
        for thread in process.threads():
            with suppress(ProcessLookupError):  # it has ended since it was listed
                os.sched_setaffinity(thread.id, cores)


def below(guard: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """Everything below a guard."""
    return psutil.Process(guard.pid).children(recursive=True)


def per_second(seconds: float, *works: Callable[[], int]) -> float:
    """What threads get done, summed, in a second of the wall clock; each does its work again and again."""
    done: list[int] = []
    start_s = time.monotonic()

    def run(work: Callable[[], int]) -> None:
        while time.monotonic() - start_s < seconds:
            done.append(work())

    running = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(done) / (time.monotonic() - start_s)


def cpu_s(work: Callable[[], object]) -> float:
    """CPU-seconds of this thread."""
    start_s = time.thread_time()
    work()
    return time.thread_time() - start_s


def rounds(contestants: Mapping[str, Callable[[], float]], number: int) -> dict[str, float]:
    """Median of each contestant's result over rounds in which all of them have their turn; who comes first in a round
    is the last one in the next."""
    results: dict[str, list[float]] = {name: [] for name in contestants}
    for at in range(number):
        for name in reversed(results) if at % 2 else results:
            results[name].append(contestants[name]())
    return {name: median(values) for name, values in results.items()}
