"""Writes docs/evidence.md from the figures' JSON: every number beside the command that made it, every miss named.

    python benchmarks/evidence/document.py

Texts stand here, numbers in `out/evidence/`; a figure that was not made is named as missing, never passed over.
"""

import sys
from pathlib import Path

from document_alerts import judges
from document_cut import cut_short
from document_ideas import ablations, frozen, predictions
from document_parts import planner, throughput, trainer
from document_policies import cells, live, plaza, regime
from document_targets import targets
from results import FIGURES, QUICK, read_figure

TITLE = "# Evidence"
DOCUMENT = Path("docs") / ("evidence-quick.md" if QUICK else "evidence.md")


def main() -> int:
    """Write the document and copy its pictures."""
    sections = [
        TITLE,
        cut_short(),
        opening(),
        targets(),
        judges(),
        regime(),
        cells(),
        live(),
        plaza(),
        predictions(),
        ablations(),
    ]
    sections += [frozen(), throughput(), planner(), trainer(), machine()]
    text = "\n\n".join(section for section in sections if section) + "\n"
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(text, encoding="utf-8")
    print(DOCUMENT)
    return 0


def opening() -> str:
    """What this page is, and what is played and what is live."""
    return """\
Whoever hears "shared stems, planned by F1 of alerts" asks for proof on a box like theirs. This page is written by
`make bench-evidence` from what it measured; every section names the command that made its numbers. `QUICK=1` makes
all figures in some ten minutes, with fewer packages, cells and workloads; a run that is cut short goes on where it was.

Streams are made of real photos: runs of an app's event pictures among other pictures, .3 to 3 s long, at least 200
events an app, photos that no training ever saw ([streams.py](../benchmarks/evidence/streams.py)). Cells were fixed
before anything was measured ([cells.py](../benchmarks/evidence/cells.py)). Every policy gets the same packages, rates,
thresholds and votes, plans each workload as well as it can, and is measured on the same frames.

*Played* is one thing and *live* another. Frames are photos of a finite pool, so each candidate scores each photo once,
through TorchServe; with these scores a plan is played frame by frame by the product's own sampler, votes and scoring.
What is played is what a runner does that drops no frame. Live runs, in real time through feeder and TorchServe, check
that: rates, CPU and F1, on the same frames. The plaza clip is live throughout.

Your own pictures: `python benchmarks/evidence/event_f1.py --pictures FOLDER`, with a folder of pictures per class.
Photos are found by `MAINSTREAM_SIGNS` and `MAINSTREAM_FASHION_MNIST`, else where the project's shared folder and
Debian's package dataset-fashion-mnist have them."""


def machine() -> str:
    """On what, with what, under which load each figure was made."""
    rows = ["| figure | processor | cores | load | torch | openvino |", "|---|---|---|---|---|---|"]
    for path in sorted(FIGURES.glob("*.json")):
        data = read_figure(path.stem)
        if data is not None:
            at, found = data["machine"], data["versions"]
            load = " ".join(f"{each:.1f}" for each in data["load"])
            rows.append(
                f"| {path.stem} | {at['processor']} | {at['cores']} | {load} | {found['torch']} | {found['openvino']} |"
            )
    return "## Machine\n\nWhat each figure was made on, and the load when it was written.\n\n" + "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
