"""`make bench-hostile`: mutated manifests, headers and blobs, read by all that reads packages.

Every one is refused with a clear error, or was not harmed; nothing crashes, nothing else is raised, no file appears
outside the store, and all of it stays within a bound on memory that the kernel enforces (RLIMIT_AS).
"""

from __future__ import annotations

import random
import resource
import shutil
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import psutil
from hostile import hostile_package, read_everything, write  # type: ignore[import-not-found]

from common.harness import QUICK, Report

PACKAGES = 2_000 if QUICK else 12_000
MEMORY_BYTES = 1 << 30
"""that reading may take beyond what the process has once torch is loaded"""
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
"""where a file need not be waited for; each copy waits for the disk twice a file"""


def _all(report: Report) -> None:
    """Read them all."""
    loaded_bytes = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (loaded_bytes + MEMORY_BYTES,) * 2)
    outcomes: Counter[str] = Counter()
    bugs: list[str] = []
    start_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mainstream-hostile-", dir=IN_MEMORY) as folder:
        for seed in range(PACKAGES):
            _read(Path(folder), seed, outcomes, bugs)
        strangers = {path.name for path in Path(folder).iterdir()} - {"store", "target"}
    seconds = time.monotonic() - start_s
    most_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    report.row(
        "packages read", f"{PACKAGES} in {seconds:.0f} s", "at least 10,000", None if QUICK else PACKAGES >= 10_000
    )
    refused = outcomes["refused"]
    report.row(
        "refused with an error", f"{refused}, {outcomes['whole']} were still valid", "all that are not valid", not bugs
    )
    report.row("other exceptions", str(len(bugs)), "0", not bugs)
    report.row("files outside the store", str(len(strangers)), "0", not strangers)
    report.row(
        "memory",
        f"{most_bytes / 2**20:.0f} MiB resident at most",
        f"address space of torch plus {MEMORY_BYTES >> 20} MiB, enforced",
        outcomes["memory"] == 0,
    )
    report.details.update({"outcomes": dict(outcomes), "bugs": bugs[:20]})


def _read(folder: Path, seed: int, outcomes: Counter[str], bugs: list[str]) -> None:
    store, target = folder / "store", folder / "target"
    for each in (store, target):
        shutil.rmtree(each, ignore_errors=True)
    write(hostile_package(random.Random(seed)), store)  # noqa: S311
    try:
        outcomes["whole" if read_everything(store, target) is None else "refused"] += 1
    except MemoryError:
        outcomes["memory"] += 1
        bugs.append(f"seed {seed}: MemoryError")
    except Exception:
        outcomes["raised"] += 1
        bugs.append(f"seed {seed}: {traceback.format_exc(limit=-3)}")


PARTS = {"all": _all}
