"""What the same work costs from minute to minute on this machine, with nothing of the product in it.

On a virtual machine the CPU-seconds of a piece of work are not constant: its host has other guests, clocks go up and
down, caches are shared. A thread sorts the same numbers some times a second beside a live run; what it used is told
as a mean, to compare the run's CPU with.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

_NUMBERS = 20_000
_SORTS = 10
"""some two milliseconds, in one thread"""
_PAUSE_S = 0.25


@dataclass
class Yardstick:
    """Samples of what the work cost, CPU-seconds of its thread."""

    samples_s: list[float] = field(default_factory=list)

    @property
    def mean_s(self) -> float:
        """Of all samples."""
        return sum(self.samples_s) / max(1, len(self.samples_s))


@contextmanager
def measured_beside() -> Iterator[Yardstick]:
    """A yardstick that is read as long as the block runs."""
    yardstick, done = Yardstick(), threading.Event()

    def read() -> None:
        numbers = np.random.default_rng(0).random(_NUMBERS)
        while not done.wait(_PAUSE_S):
            began_s = time.thread_time()
            for _ in range(_SORTS):
                np.sort(numbers)
            yardstick.samples_s.append(time.thread_time() - began_s)

    thread = threading.Thread(target=read, name="yardstick", daemon=True)
    thread.start()
    try:
        yield yardstick
    finally:
        done.set()
        thread.join()
