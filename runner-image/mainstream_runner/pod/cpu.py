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

    def __init__(self, guard: "Callable[[], subprocess.Popen[bytes] | None]") -> None:
        """`guard` gives the process that TorchServe is below (None while it starts); another one after a restart."""
        self._guard = guard
        self._samples: deque[tuple[float, float]] = deque(maxlen=_WINDOW + 1)

    def total_s(self) -> float:
        """CPU-seconds so far."""
        guard = self._guard()
        return time.process_time() + (0.0 if guard is None else cpu_seconds(guard))

    def resident_bytes(self) -> int:
        """Memory of all processes."""
        guard = self._guard()
        return own_bytes() + (0 if guard is None else resident_bytes(guard))

    def sample(self) -> float:
        """Note where it stands, and say so: CPU-seconds so far."""
        total_s = self.total_s()
        if self._samples and total_s < self._samples[-1][1]:
            # What an earlier TorchServe used is no longer told.
            self._samples.clear()
        self._samples.append((time.monotonic(), total_s))
        return total_s

    def rate(self) -> float | None:
        """CPU-seconds per second over the last half minute; None until it is over."""
        samples = list(self._samples)
        if len(samples) <= _WINDOW:
            return None
        (start_s, start), (end_s, end) = samples[0], samples[-1]
        return (end - start) / (end_s - start_s)
