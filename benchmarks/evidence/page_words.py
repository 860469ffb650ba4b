"""What sections of the page share: parts as they were made, numbers in words, tables."""

import re
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from alerts.predictions import TRIALS
from common.results import QUICK, read_part

COMMAND = "QUICK=1 make bench-evidence" if QUICK else "make bench-evidence"
NOT_RUN = "Not run."
WIDTH = 118
BY_POOL = ("cells", "ablations", "days")
Data = Mapping[str, Any]
Parts = Mapping[str, Data | None]
"""by name; None of what was not run"""


def read_parts(pools: Sequence[str]) -> Parts:
    """Every part there may be."""
    names = [f"{kind}-{pool}" for pool in pools for kind in BY_POOL]
    names += [f"carried-{pools[0]}", "plaza", *(f"predictions-{trial}" for trial in TRIALS)]
    return {name: read_part(name) for name in names}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def table_of_run(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The same, or that nothing of it was run."""
    return table(head, rows) if rows else NOT_RUN


def wrapped(text: str) -> str:
    """The text with lines of prose as long as fit; tables and titles as they are."""
    blocks = re.split(r"\n\s*\n", text)
    return "\n\n".join(each if each[0] in "#|" else fill(each, WIDTH, break_on_hyphens=False) for each in blocks) + "\n"


def mark(met: bool) -> str:
    """Whether a target is met."""
    return "yes" if met else "**no**"


def percent(gain: Data) -> str:
    """A gain with its interval, in percent."""
    return f"{100 * gain['mean']:+.0f} % [{100 * gain['low']:+.0f}, {100 * gain['high']:+.0f}]"


def lead(found: Data) -> str:
    """A difference with its interval."""
    return f"{found['mean']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]"


def f1_of(found: Data) -> str:
    """Mean F1 of alerts, and the windowed one in brackets."""
    return f"{found['f1']['mean']:.3f} ({found['f1_windowed']['mean']:.3f})"


def held_in(part: Data) -> dict[str, float]:
    """What intervals hold, summed over the cells of a pool."""
    held = [cell["held"] for cell in part["cells"].values()]
    return {what: sum(each[what] for each in held) for what in held[0]}


def of_kind(parts: Parts, kind: str) -> list[Data]:
    """Parts of one kind that were run, pool by pool."""
    return [part for name, part in parts.items() if part and name.startswith(f"{kind}-")]
