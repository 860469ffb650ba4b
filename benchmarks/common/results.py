"""Results on disk: every piece of work once, so that a run can be cut short and taken up again.

Pieces are JSON files below `out/evidence/` (`out/evidence/quick/` for QUICK=1), named by what they depend on. What a
part of the evidence came to lies beside the page, in `docs/evidence/`, so that a machine that measures one part leaves
the others as they were; it says when, on which machine, with which versions and under which load it was made.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from common import harness
from mainstream.files.durable import replace_durably
from mainstream.machine import describe_machine, versions
from mainstream.messages.node_profile import NodeProfile

QUICK, BENCH, on_one_thread = harness.QUICK, harness.FOLDER, harness.on_one_thread
FOLDER = Path("out") / "evidence" / ("quick" if QUICK else "full")
PARTS = FOLDER / "parts" if QUICK else Path("docs") / "evidence"
Kept = TypeVar("Kept")
_DIGITS = 5
_PACKAGES = ("torch", "openvino", "numpy")


def key_of(*parts: object) -> str:
    """A short name for what a result depends on."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]


def kept(path: Path, make: Callable[[], Any]) -> Any:
    """What the file holds, or what `make` returns, written to it at once."""
    if not path.exists():
        write(path, make())
    return json.loads(path.read_text(encoding="utf-8"))


def kept_all(path: Path, kind: type[Kept], make: Callable[[], Iterable[Kept]]) -> list[Kept]:
    """The same of dataclasses or models of one kind."""
    adapter = TypeAdapter(list[kind])  # type: ignore[valid-type]
    return adapter.validate_python(kept(path, lambda: adapter.dump_python(list(make()), mode="json")))


def write(path: Path, content: Any) -> None:
    """Write JSON so that a kill leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_durably(path, f"{json.dumps(content, indent=1)}\n".encode())


def kept_profile(path: Path, measure: Callable[[], NodeProfile]) -> NodeProfile:
    """What frames cost on this machine: measured once."""
    return NodeProfile.model_validate(kept(path, lambda: measure().model_dump(mode="json")))


def write_part(name: str, data: dict[str, Any]) -> None:
    """What a part of the evidence came to, with the machine that made it."""
    made = {"on": datetime.now(UTC).date().isoformat(), "machine": describe_machine(), "versions": versions(_PACKAGES)}
    content = {"made": {**made, "load": os.getloadavg()}, **data}
    PARTS.mkdir(parents=True, exist_ok=True)
    replace_durably(PARTS / f"{name}.json", f"{json.dumps(_rounded(content))}\n".encode())


def _rounded(content: Any) -> Any:
    """The same with no more digits than anybody reads."""
    if isinstance(content, dict):
        return {key: _rounded(each) for key, each in content.items()}
    if isinstance(content, list | tuple):
        return [_rounded(each) for each in content]
    return round(content, _DIGITS) if isinstance(content, float) else content


def read_part(name: str) -> dict[str, Any] | None:
    """What a part came to, None where it was not made."""
    path = PARTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
