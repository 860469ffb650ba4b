"""Memory that profiling a base network may take: bounded before a byte of it is read.

A base network comes by name from any tenant's package. Measured beyond what the runner has, it would have the runner
killed, and everybody's apps with it. What fits for a few cuts at a time is measured so, and what fits for none is
refused.
"""

from pathlib import Path

import psutil

from mainstream.errors import MainstreamError

_MEBIBYTE = 1 << 20
_LEAST_COPIES = 4.5
"""of a network's weights that measuring takes at least: itself as it is made (1.4 measured for vit-b-16), and prepared
for one frame and for four at a time (2.7), where the back end that runs best is looked for"""
_WORKSPACE_BYTES = 64 * _MEBIBYTE
_SHARE = 0.75
"""of what is free that cuts take together: a plan may have to be loaded beside them"""
CGROUPS = Path("/sys/fs/cgroup")
_FORMS = (
    (".", "memory.max", "memory.current", "inactive_file"),
    ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
"""of control groups, second version and first: folder, and files with the limit, with what is used, and with how much
of that the kernel would let go of"""


def check_room(base: str, weights_bytes: int, free_bytes: int) -> None:
    """Raise `MainstreamError` where a base network of so many bytes of weights cannot be measured in what is free."""
    needed = _LEAST_COPIES * weights_bytes + _WORKSPACE_BYTES
    if needed > free_bytes:
        has, takes, left = (round(each / _MEBIBYTE) for each in (weights_bytes, needed, free_bytes))
        raise MainstreamError(
            f"has {has} MiB of weights, and measuring it takes {takes} MiB where the runner has {left} left; raise the "
            "EdgeNode's spec.runner.memoryMebibytes, or train from a smaller base network",
            field=base,
        )


def cuts_at_once(cuts: int, cut_bytes: float, free_bytes: int) -> int:
    """How many of the cuts are prepared at a time; one, however little is free: whether that fits was asked before."""
    return max(1, min(cuts, int(_SHARE * free_bytes / max(1.0, cut_bytes))))


def free_memory_bytes(cgroups: Path = CGROUPS) -> int:
    """What this process's container may still take, or the machine where that has less; files that the kernel only
    remembers count as free."""
    left = [int(psutil.virtual_memory().available)]
    for folder, limit, used, inactive in _FORMS:
        most, now = _number(cgroups / folder / limit), _number(cgroups / folder / used)
        if most is not None and now is not None:
            left.append(max(0, most - now + _stated(cgroups / folder / "memory.stat", inactive)))
    return min(left)


def memory_limit_bytes(cgroups: Path = CGROUPS) -> int:
    """What this process's container may take, or the machine has."""
    limits = (_number(cgroups / folder / limit) for folder, limit, _, _ in _FORMS)
    return min([int(psutil.virtual_memory().total), *(limit for limit in limits if limit is not None)])


def _number(path: Path) -> int | None:
    """The number in a file; None where there is no file, or no limit."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _stated(path: Path, name: str) -> int:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.split()[:1] == [name]), 0)
