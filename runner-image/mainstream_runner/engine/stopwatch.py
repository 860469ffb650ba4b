"""What a call takes of the device that networks run on: by this, profiles are measured and frames in service counted.

A CPU is busy while the thread runs. A GPU takes up what it is given in order, so it is busy from an event before the
call to one after it. That it waits for the next kernel to be launched counts as well: this worker, which has it to
itself, gives it nothing else meanwhile. The GPU's side has never been run.
"""

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

import torch

from mainstream.messages.node_profile import Device

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


class Stopwatch(Protocol):
    """Calls something, and says what that took."""

    def __call__(self, run: Callable[[_Given], _Made], given: _Given, /) -> tuple[_Made, float]:
        """What came of it, and busy seconds of the device."""
        ...


def stopwatch(device: Device) -> Stopwatch:
    """The one of a device."""
    return _on_cuda if device == "cuda" else on_cpu


def on_cpu(run: Callable[[_Given], _Made], given: _Given, /) -> tuple[_Made, float]:
    """CPU-seconds of this thread."""
    start_s = time.thread_time()
    made = run(given)
    return made, time.thread_time() - start_s


def _on_cuda(run: Callable[[_Given], _Made], given: _Given, /) -> tuple[_Made, float]:
    before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    before.record()
    made = run(given)
    after.record()
    after.synchronize()
    return made, before.elapsed_time(after) / 1e3
