"""Child processes that never outlive this one, and what they cost."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

from mainstream_runner import guard

_SCHEDULED = 2
"""CPUCLOCK_SCHED of linux/posix-timers.h"""
_POLITE_S = 5.0
_END_TIMEOUT_S = 10.0
"""longer than the guard takes from asking to killing"""


@contextlib.contextmanager
def guarded(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    polite_s: float = _POLITE_S,
    environment: Mapping[str, str] | None = None,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int | IO[bytes] | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command under the guard; on leaving, its whole process group is gone.

    `folder` is removed should this process die; `polite_s` passes from asking the group to end to killing it.

    What is yielded is the guard's process: it ends when the command ends, with its exit code.
    """
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", guard.__file__, str(folder or "-"), str(polite_s), *map(str, command)],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        env={**os.environ, **(environment or {})},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        close(process)


def close(process: "subprocess.Popen[bytes]") -> None:
    """Tell a guard that it is no longer wanted, and wait until everything below it is gone."""
    assert process.stdin is not None  # noqa: S101 (made with a pipe above)
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(_END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(_END_TIMEOUT_S)


def ask_to_end(process: "subprocess.Popen[bytes]") -> None:
    """Tell what runs below a guard to end by itself (SIGTERM), in its own time."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children():
            child.terminate()


def cpu_seconds(process: "subprocess.Popen[bytes]") -> float:
    """CPU-seconds (user and system) that everything below a guard has used so far, ended children included.

    What runs is read from its clock, to the nanosecond: ticks of 10 ms, as in /proc, would hide all that an idle runner
    uses in seconds.
    """
    total_s = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess, OSError):
                times = child.cpu_times()
                total_s += time.clock_gettime(_cpu_clock(child.pid)) + times.children_user + times.children_system
    return total_s


def _cpu_clock(process: int) -> int:
    """The clock of a process's CPU time, as clock_getcpuclockid(3) makes it."""
    return (~process << 3) | _SCHEDULED


def resident_bytes(process: "subprocess.Popen[bytes]") -> int:
    """Memory of everything below a guard; what several share is counted once."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return sum(_memory_bytes(each) for each in psutil.Process(process.pid).children(recursive=True))
    return 0


def own_bytes() -> int:
    """Memory of this process; what it shares with others is counted in parts."""
    return _memory_bytes(psutil.Process())


def _memory_bytes(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return int(process.memory_full_info().pss)
    return 0
