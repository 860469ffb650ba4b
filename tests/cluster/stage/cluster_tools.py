"""Where the tests find their tools: named by the environment, on PATH, or beside the repository in ../shared."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("MAINSTREAM_TEST_SHARED", ROOT.parent / "shared"))
KUBE_CLUSTER = Path(os.environ.get("MAINSTREAM_TEST_KUBE_CLUSTER", SHARED / "cluster" / "kube-cluster"))
_Found = TypeVar("_Found")
_UNPACKED = ROOT / "out" / "tools"


class MissingToolError(Exception):
    """Something that the tests need is not here; says how to get it."""


def tool(name: str, packed: str | None = None, shared: str | None = None) -> Path:
    """A program: MAINSTREAM_TEST_<NAME>, else on PATH, else packed or plain in ../shared."""
    variable = f"MAINSTREAM_TEST_{name.upper().replace('-', '_')}"
    named = os.environ.get(variable)
    if named:
        return Path(named)
    on_path = shutil.which(name)
    if on_path:
        return Path(on_path)
    if shared is not None and (SHARED / shared).exists():
        return SHARED / shared
    archive = SHARED / "bin" / f"{packed or name}.xz"
    if shared is None and archive.exists():
        return _unpack(archive, name)
    raise MissingToolError(f"{name} is needed: put it on PATH or name it in {variable}")


def run(*command: str | Path, timeout_s: float = 600, stdin: str | None = None) -> str:
    """Run a program and return what it says; a failure says what it said."""
    done = subprocess.run(
        [str(word) for word in command], input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    if done.returncode:
        words = " ".join(str(word) for word in command)
        raise AssertionError(f"{words}: {(done.stderr or done.stdout).strip()[-3000:]}")
    return done.stdout


def wait_for(what: str, look: Callable[[], _Found | None], timeout_s: float, every_s: float = 0.2) -> _Found:
    """What `look` finds, as soon as it finds something."""
    deadline_s = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline_s:
            raise AssertionError(f"no {what} within {timeout_s:.0f} s")
        time.sleep(every_s)


def spawn(
    command: Sequence[str | Path], log: Path, environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program that goes on; its words go to `log`."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [str(word) for word in command], stdout=file, stderr=file, env={**os.environ, **(environment or {})}
        )


def _unpack(archive: Path, name: str) -> Path:
    _UNPACKED.mkdir(parents=True, exist_ok=True)
    target = _UNPACKED / name
    if not target.exists() or target.stat().st_mtime < archive.stat().st_mtime:
        with target.with_suffix(".part").open("wb") as file:
            subprocess.run(["xz", "-dc", archive], stdout=file, check=True)
        target.with_suffix(".part").replace(target)
        target.chmod(0o755)
    return target
