"""What the runner's benchmarks share: frames of a real clip, processes kept on one core, threads that keep asking."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from statistics import median

import av
import numpy as np
import psutil
from numpy.typing import NDArray

from common.plaza import CLIP
from mainstream.footage.frames import view_pixels
from mainstream.messages.runner_plan import RunnerStream

CLIP_FPS = 10.0


def clip_stream(name: str = "plaza", fps: float = CLIP_FPS) -> RunnerStream:
    """The clip as a stream."""
    return RunnerStream(name=name, url=f"file:{CLIP}", fps=fps, crops={"full": None})


def pictures(count: int) -> list[av.VideoFrame]:
    """The first frames of the clip."""
    with av.open(str(CLIP)) as container:
        return [frame for frame, _ in zip(container.decode(video=0), range(count), strict=False)]


def pixels(count: int, size: int) -> list[NDArray[np.uint8]]:
    """The first frames of the clip, scaled."""
    return [view_pixels(picture, None, size, size) for picture in pictures(count)]


@contextmanager
def on_core(core: int, processes: Sequence[psutil.Process] = ()) -> Iterator[None]:
    """Keep processes (none named: this one, with all its threads) on one core."""
    chosen = list(processes) or [psutil.Process()]
    before = chosen[0].cpu_affinity()
    pin(chosen, [core])
    try:
        yield
    finally:
        pin(chosen, before)


def pin(processes: Sequence[psutil.Process], cores: Sequence[int]) -> None:
    """Every thread of the processes: affinity is a thread's."""
    for process in processes:
        for thread in process.threads():
            with suppress(ProcessLookupError):  # it has ended since it was listed
                os.sched_setaffinity(thread.id, cores)


def below(guard: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """Everything below a guard."""
    return psutil.Process(guard.pid).children(recursive=True)


def workers(guard: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """Those that run engines."""
    return [process for process in below(guard) if any("model_service_worker" in word for word in process.cmdline())]


def per_second(work: Callable[[], int], seconds: float, threads: Sequence[Callable[[], int]] = ()) -> float:
    """What `work` (or each of `threads`, all at once) gets done, summed, in a second of the wall clock."""
    done: list[int] = []
    start_s = time.monotonic()

    def run(each: Callable[[], int]) -> None:
        while time.monotonic() - start_s < seconds:
            done.append(each())

    running = [threading.Thread(target=run, args=(each,)) for each in threads or (work,)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(done) / (time.monotonic() - start_s)


def rounds(contestants: dict[str, Callable[[], float]], number: int) -> dict[str, float]:
    """Median of each contestant's result over rounds in which all of them have their turn."""
    results: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(number):
        for name, measure in contestants.items():
            results[name].append(measure())
    return {name: median(values) for name, values in results.items()}
