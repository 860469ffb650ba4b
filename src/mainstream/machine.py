"""What this machine is: stands in every report, so that a number can be read years later."""

import functools
import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("mainstream", "numpy", "torch", "openvino", "torchserve", "av")


def describe_machine() -> dict[str, str]:
    """Processor, cores, memory, system, load and versions, as text."""
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "memory_gib": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f}",
        "system": platform.platform(),
        "load": " ".join(f"{value:.2f}" for value in os.getloadavg()),
        "python": platform.python_version(),
        **versions(_PACKAGES),
    }


@functools.cache
def processor() -> str:
    """Name of the processor, for a human; read once, as it stays the same."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def machine_name() -> str:
    """Processor and number of cores, for a human."""
    return f"{processor()}, {os.cpu_count()} cores"


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Of those of the packages that are installed."""
    return {name: found for name in packages if (found := _version(name))}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
