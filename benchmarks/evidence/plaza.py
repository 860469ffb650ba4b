"""Figure 1 (a): the plaza clip, six apps, live through TorchServe, over the budget.

    python benchmarks/evidence/plaza.py

What `make demo` does, for its six own apps at several budgets: the second half of the clip under each policy. The
clip has some eight events an app, so one run says little of which policy is better; its intervals say how little.
"""

import re
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

import stage
from drawing import COLOURS, MARKERS, label, line, panels, save
from intervals import Interval
from mainstream_demo.progress import DemoProgress
from mainstream_demo.result import TITLES, DemoResult
from mainstream_demo.steps import run_demo
from measure import POLICIES
from results import QUICK, kept, write_figure

NAME = "plaza"
EXAMPLE = Path("examples/plaza")
MORE_APPS = "spots"
"""folder of it with further apps, which this figure leaves out: it is of six"""
BUDGETS = (0.05, 0.1, 0.2)
PACKAGES = Path("out/demo/store")
"""of `make demo`: found there, or trained into it"""


def main() -> int:
    """Run every budget that has not been run yet; draw and write."""
    if QUICK:
        print("left out of a quick run: it plays the clip live twelve times", flush=True)
        return 0
    runs = {f"{budget:g}": kept(_path(budget), partial(_run, budget)) for budget in BUDGETS}
    figure, axes = panels(1)
    for policy in POLICIES[:3]:
        f1 = [runs[f"{budget:g}"]["policies"][policy]["mean_f1_measured"] for budget in BUDGETS]
        values = [Interval(each, each, each) for each in f1]
        line(axes[0], TITLES[policy], BUDGETS, values, COLOURS[policy], MARKERS[policy])
    label(axes[0], "budget, CPU-seconds a second", "mean F1 of alerts, live")
    axes[0].legend(fontsize=7)
    save(figure, NAME)
    write_figure(NAME, {"budgets": BUDGETS, "runs": runs})
    return 0


def _path(budget: float) -> Path:
    return stage.work_folder("plaza") / f"{budget:g}.json"


def _run(budget: float) -> Any:
    folder = stage.work_folder(f"plaza/{budget:g}")
    example = folder / "example"
    shutil.copytree(EXAMPLE, example, ignore=shutil.ignore_patterns(MORE_APPS), dirs_exist_ok=True)
    node = example / "node.yaml"
    stated, found = re.subn(r"budget: [0-9.]+", f"budget: {budget:g}", node.read_text(encoding="utf-8"))
    assert found == 1
    node.write_text(stated, encoding="utf-8")
    out = folder / "out"
    out.mkdir(exist_ok=True)
    PACKAGES.mkdir(parents=True, exist_ok=True)
    if not (out / "store").exists():
        (out / "store").symlink_to(PACKAGES.resolve())
    result: DemoResult = run_demo(example, out, DemoProgress(Console(quiet=True)))
    return result.model_dump(mode="json")


if __name__ == "__main__":
    sys.exit(main())
