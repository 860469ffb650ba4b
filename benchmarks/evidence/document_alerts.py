"""The section of the judges of alerts, from what `make bench-alerts` wrote."""

import json
from pathlib import Path

from harness import FOLDER as BENCH

RESULTS = BENCH / "alerts.json"
_MET = {True: "yes", False: "**no**", None: ""}


def judges(results: Path = RESULTS) -> str:
    """Its rows as a table; where it was not run, how to."""
    title = "## Judges of alerts"
    if not results.is_file():
        return f"{title}\n\nNot measured yet: `make bench-alerts` makes it."
    data = json.loads(results.read_text(encoding="utf-8"))
    rows = ["| what | measured | target | met |", "|---|---|---|---|"]
    rows += [f"| {row['what']} | {row['value']} | {row['target']} | {_MET[row['met']]} |" for row in data["rows"]]
    load = " to ".join(f"{data['load'][when][0]:.1f}" for when in ("start", "end"))
    return f"""{title}

What is predicted by alerts against what is measured by them, on the law's own chain and on real scores, with small
packages (one pass of fine-tuning, and micro-heads); `make bench-alerts`, on {data["machine"]["cores"]} cores under a
load of {load}.

{chr(10).join(rows)}"""
