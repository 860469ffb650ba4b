"""What every benchmark shares: rows with targets, the machine they were measured on, a table and a JSON file.

A benchmark makes a `Report`, adds one row for each target and ends with `write`. With `QUICK=1` in
the environment it takes at most five minutes; rows that it then leaves out have `met` null, so that a missed target
shows as plainly as a met one and nothing is passed over in silence.
"""

from __future__ import annotations

import ast
import json
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cluster_tools
import fault_tools

from mainstream.errors import InvalidInputError
from mainstream.machine import describe_machine, versions

QUICK = os.environ.get("QUICK", "") not in ("", "0")
FOLDER = Path("out") / "bench"
PACKAGES = ("av", "highspy", "kopf", "kubernetes", "numpy", "onnxruntime", "openvino", "torch", "torchserve")
"""whose versions may explain a figure"""
_MISSING = (InvalidInputError, cluster_tools.MissingToolError, fault_tools.MissingToolError)


@dataclass(frozen=True)
class Row:
    """`what` was measured, its `value` and `target` in words and numbers; `met` is None if it was left out."""

    what: str
    value: str
    target: str
    met: bool | None


@dataclass
class Report:
    """The rows of one benchmark; `details` are raw numbers for whoever wants to look closer."""

    name: str
    rows: list[Row] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    load_at_start: tuple[float, float, float] = field(default_factory=os.getloadavg)

    def row(self, what: str, value: str, target: str, met: bool | None) -> None:
        """Add a row, and say so at once."""
        self.rows.append(Row(what, value, target, None if met is None else bool(met)))
        print(f"{_sign(met)} {what}: {value} (target: {target})", flush=True)

    def most(self, what: str, value: float, limit: float, unit: str, digits: int = 1) -> None:
        """Add a row of a number that is to be `limit` at most."""
        self.row(what, f"{value:.{digits}f} {unit}", f"at most {limit:g} {unit}", value <= limit)

    def left_out(self, what: str, target: str, why: str) -> None:
        """Add a row that was not measured."""
        self.row(what, f"left out: {why}", target, None)

    def write(self) -> int:
        """Print the table, write out/bench/NAME.json; the exit code is 1 if a target was missed."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        content = {
            "name": self.name,
            "quick": QUICK,
            "machine": describe_machine(),
            "versions": versions(PACKAGES),
            "load": {"start": self.load_at_start, "end": os.getloadavg()},
            "rows": [asdict(row) for row in self.rows],
            "details": self.details,
        }
        path = FOLDER / f"{self.name}.json"
        path.write_text(json.dumps(content, indent=2) + "\n")
        print(f"\n{_table(self.rows)}\n\n{path}")
        return 1 if any(row.met is False for row in self.rows) else 0


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="mainstream-bench-") as name:
        yield Path(name)


def chosen(parts: Collection[str], wanted: Sequence[str]) -> list[str]:
    """The parts of a benchmark that its arguments name, all where they name none; ends with the names there are where
    one is none of them."""
    unknown = [name for name in wanted if name not in parts]
    if unknown:
        sys.exit(f"{', '.join(unknown)}: no such part; name some of {', '.join(parts)}, or none for all")
    return list(wanted or parts)


def measure(name: str, parts: Mapping[str, Callable[[Report], None]], wanted: Sequence[str]) -> int:
    """Measure the wanted parts of a benchmark, print, write; the exit code. A part that lacks a tool or its data is a
    row that is left out."""
    measured, report = chosen(parts, wanted), Report(name)
    for part in measured:
        try:
            parts[part](report)
        except _MISSING as missing:
            report.left_out(f"{name}: {part}", "see a whole run", str(missing))
    return report.write()


def on_one_thread() -> None:
    """Start over with BLAS and OpenMP on one thread, unless they are: numpy reads this when it is first imported."""
    wanted = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **wanted})  # noqa: S606


def first_line(module: Path) -> str:
    """What a module says that it is."""
    return (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").splitlines()[0]


def _sign(met: bool | None) -> str:
    return {True: "met   ", False: "MISSED", None: "-     "}[met]


def _table(rows: Sequence[Row]) -> str:
    head = ("what", "value", "target", "met")
    cells = [head, *((row.what, row.value, row.target, _sign(row.met).strip()) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(4)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
