"""Work that is not timed, on all cores: one process a core, each a copy of this one with all that it has in memory."""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from os import sched_getaffinity
from typing import Any


def side_by_side(what: str, task: Callable[..., Any], items: Sequence[tuple[Any, ...]]) -> None:
    """Call the task with the arguments of every item; what it finds it keeps on disk. The first error is raised."""
    cores = len(sched_getaffinity(0))
    with ProcessPoolExecutor(cores, mp_context=get_context("fork")) as executor:
        futures = [executor.submit(_run, task, item) for item in items]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                if sys.stdout.isatty():
                    print(f"{what}: {done}/{len(items)}", end="\r", flush=True)
        finally:
            executor.shutdown(cancel_futures=True)


def _run(task: Callable[..., Any], item: tuple[Any, ...]) -> None:
    # What it returns is on disk; to send it back would cost more.
    task(*item)
