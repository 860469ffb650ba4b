"""What of the locks an arm64 machine would not find: `make locks` says it after writing them.

pip is asked to resolve each lock as if for Debian bookworm on arm64, from wheels alone, hashes required; nothing is
fetched but metadata. Whatever is missing there is named, and the rest is looked at without it.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from lock import LOCKS, ROOT, Lock, read_lock, write_lock

_GLIBC = range(36, 16, -1)
"""minor versions of glibc 2 whose wheels run on Debian bookworm, the newest first"""
_TAGS = (*(f"manylinux_2_{minor}_aarch64" for minor in _GLIBC), "manylinux2014_aarch64", "linux_aarch64", "any")
_PYTHON = ("--implementation", "cp", "--python-version", "3.11", "--abi", "cp311", "--abi", "abi3", "--abi", "none")
_MISSED = re.compile(r"(?:satisfies the requirement|Cannot install|distribution found for) ([A-Za-z0-9._-]+)==")
_TIMEOUT_S = 300.0


class CannotAskError(Exception):
    """pip failed for another reason than a package that is missing."""


def resolves(requirements: str) -> str | None:
    """None where pip finds everything for arm64; otherwise what it says."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lock.txt"
        path.write_text(requirements, encoding="utf-8")
        nothing = ("--dry-run", "--ignore-installed", "--no-deps", "--target", folder)
        tags = [word for tag in _TAGS for word in ("--platform", tag)]
        asked = [*nothing, "--only-binary", ":all:", *_PYTHON, *tags, "--require-hashes", "--requirement", str(path)]
        command = [sys.executable, "-m", "pip", "install", "--quiet", *asked]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
        return None if done.returncode == 0 else done.stderr


def lacking(lock: Lock, ask: Callable[[str], str | None] = resolves) -> list[str]:
    """Packages, as `name==version`, of which no file of the lock is for arm64."""
    rest, found = dict(lock), list[str]()
    while (said := ask(write_lock(rest))) is not None:
        missed = _MISSED.search(said)
        name = "" if missed is None else missed[1].lower()
        if name not in rest:
            raise CannotAskError(said.strip()[-2000:])
        found.append(f"{name}=={rest.pop(name)[0]}")
    return found


def main() -> None:
    """A line a lock."""
    for path in sorted(LOCKS.glob("*.txt")):
        lock = read_lock(path.read_text(encoding="utf-8"))
        found = lacking(lock)
        said = f"has no file of {', '.join(found)}" if found else f"finds all {len(lock)} packages"
        print(f"{path.relative_to(ROOT)}: arm64 {said}")


if __name__ == "__main__":
    main()
