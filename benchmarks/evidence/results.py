"""Results on disk: every piece of work once, so that a run can be cut short and taken up again.

Pieces are JSON files below `out/evidence/` (`out/evidence/quick/` for QUICK=1), named by what they depend on. A
figure's own file says on which machine, with which versions and under which load it was made.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from harness import QUICK as QUICK
from harness import machine, versions

FOLDER = Path("out") / "evidence" / ("quick" if QUICK else "full")
FIGURES = FOLDER / "figures"
_PACKAGES = ("numpy", "torch", "torchserve", "openvino", "onnxruntime", "av", "matplotlib")


def key_of(*parts: object) -> str:
    """A short name for what a result depends on."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]


def kept(path: Path, make: Callable[[], Any]) -> Any:
    """What the file holds, or what `make` returns, written to it at once."""
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    write(path, make())
    return json.loads(path.read_text(encoding="utf-8"))


def write(path: Path, content: Any) -> None:
    """Write JSON so that a kill leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}")
    hidden.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    hidden.replace(path)


def write_figure(name: str, data: dict[str, Any]) -> Path:
    """The JSON of one figure, with the command and the machine that made it."""
    path = FIGURES / f"{name}.json"
    write(
        path,
        {
            "figure": name,
            "command": f"{'QUICK=1 ' if QUICK else ''}python benchmarks/evidence/{name}.py",
            "quick": QUICK,
            "machine": machine(),
            "versions": versions(_PACKAGES),
            "load": os.getloadavg(),
            **data,
        },
    )
    print(path, flush=True)
    return path


def read_figure(name: str) -> dict[str, Any] | None:
    """The JSON of a figure, None where it was not made."""
    path = FIGURES / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
