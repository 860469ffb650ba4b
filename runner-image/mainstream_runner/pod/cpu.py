"""CPU-seconds of the whole runner: this process, the JVM and its workers."""

import subprocess
import time
from collections import deque
from collections.abc import Callable

from mainstream_runner.processes import cpu_seconds, own_bytes, resident_bytes

_WINDOW = 30
"""samples, one a second"""


class CpuMeter:
    """Sampled about once a second by one thread, read by any."""

    def __init__(self, guard: "Callable[[], subprocess.Popen[bytes]]") -> None:
        """`guard` gives the process that TorchServe is below; another one after it was started again."""
        self._guard = guard
        self._samples: deque[tuple[float, float]] = deque(maxlen=_WINDOW + 1)

    def total_s(self) -> float:
        """CPU-seconds so far."""
        return time.process_time() + cpu_seconds(self._guard())

    def resident_bytes(self) -> int:
        """Memory of all processes."""
        return own_bytes() + resident_bytes(self._guard())

    def sample(self) -> None:
        """Note where it stands."""
        total_s = self.total_s()
        if self._samples and total_s < self._samples[-1][1]:
            # What an earlier TorchServe used is no longer told.
            self._samples.clear()
        self._samples.append((time.monotonic(), total_s))

    def rate(self) -> float | None:
        """CPU-seconds per second over the last half minute; None until it is over."""
        samples = list(self._samples)
        if len(samples) <= _WINDOW:
            return None
        (start_s, start), (end_s, end) = samples[0], samples[-1]
        return (end - start) / (end_s - start_s)
