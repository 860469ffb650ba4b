"""Writes docs/evidence.md (docs/evidence-quick.md for QUICK=1) from what was measured: texts stand here, numbers in
`docs/evidence/`, targets in both.

What was not made is named as not run, with the command; nothing on the page is written by hand.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from common.results import QUICK
from evidence.carried import AS_IT_IS, FREE
from evidence.page_parts import ablations, by_picture, carried, days, heads, plaza, promises
from evidence.page_words import (
    COMMAND,
    Data,
    Parts,
    f1_of,
    held_in,
    lead,
    mark,
    of_kind,
    percent,
    read_parts,
    table,
    table_of_run,
    wrapped,
)
from evidence.policies import BASELINES, OURS, TITLES
from evidence.regimes import LEAD
from photos.intervals import LEVEL, holm

DOCUMENT = Path("docs") / ("evidence-quick.md" if QUICK else "evidence.md")
PUBLISHED = {"no-sharing": ("+93 %", 0.93), "max-sharing-published": ("+61 %", 0.61)}
"""gains of the paper's abstract, over baselines as published"""
SCARCE = 0.5
"""F1 of a baseline up to which a gain as large as published is possible"""


def write_page(pools: Sequence[str]) -> None:
    """The whole page."""
    parts = read_parts(pools)
    sections = [opening(parts), targets(parts), enough(parts), regime(parts), every_cell(parts)]
    sections += [carried(parts), ablations(parts), promises(parts), days(parts), plaza(parts), heads(parts)]
    sections.append(machine(parts))
    DOCUMENT.write_text(wrapped("\n\n".join(["# Evidence", *sections])), encoding="utf-8")
    print(DOCUMENT, flush=True)


def opening(parts: Parts) -> str:
    """What this page is, and how much of it was measured."""
    size = (
        "\n**A quick run.** This page is of `QUICK=1`: few packages of one pool, trained for one pass, few workloads. "
        "The whole command trains packages by default settings and takes hours.\n"
        if QUICK
        else ""
    )
    return f"""\
Whoever hears "shared stems, planned by F1 of alerts" asks for proof on a box like theirs. This page is written
by `{COMMAND}` from what it measured, by templates: no number on it was written by hand. `QUICK=1` measures less
of it in some ten minutes; a run that is cut short goes on where it was; `python benchmarks evidence
PART...` makes parts of it (cells, carried, ablations, days, plaza) and leaves the others as they were measured
before (`docs/evidence/*.json`). {_not_run(parts)}
{size}
F1 is that of alerts ([design](design.md#alerts)), with the published, *windowed* measure of the same decisions
in brackets, which nothing is planned by. Streams are made of real photos: runs of an app's event pictures among
other pictures, .3 to 3 s long, at least 200 events an app, photos that no training ever saw
([streams.py](../benchmarks/photos/streams.py)). Cells were fixed before anything was measured
([cells.py](../benchmarks/photos/cells.py)). Every policy gets the same packages, rates and workloads, plans
each as well as it can, and is measured on the same frames, which are *played*: each candidate scores each photo
once, and with these scores a plan is played frame by frame by the product's own sampler, votes and scoring, as
a runner does that drops no frame. A cell of more apps than there are packages has *twins*, apps of other
tenants who ask for the same event with a package as good that shares nothing of its own
([workloads.py](../benchmarks/photos/workloads.py)). Intervals are 95 %, paired over workloads (bootstrap).

Your own pictures: `python benchmarks evidence cells --pictures FOLDER`, with a folder of pictures
per class. Photos are found by `MAINSTREAM_SIGNS` and `MAINSTREAM_FASHION_MNIST`, else where the project's
shared folder and Debian's package dataset-fashion-mnist have them. What one frame costs stands in [the
runner](runner.md), what the planner and the trainer take in [the planner](planner.md) and
[training](training.md), each beside its command."""


def _not_run(parts: Parts) -> str:
    missing = [name for name, part in parts.items() if part is None]
    played, wanted = (sum(cell[what] for cell in _cells(parts)) for what in ("workloads", "wanted"))
    fewer = [f"{wanted - played} of {wanted} workloads of the cells"] if played < wanted else []
    packages = [
        f"{name} has packages of {part['packages']} (`--apps`, `--frozen`)"
        for name, part in parts.items()
        if part and "packages" in part and not _has_all(part["packages"])
    ]
    said = f"Not run so far: {', '.join((*missing, *fewer))}." if missing or fewer else "Everything was run."
    return " ".join((said, *(f"{each}." for each in packages)))


def _has_all(packages: str) -> bool:
    """Whether every class has a package, with whole networks."""
    made, _, classes, *without = packages.split()
    return made == classes and without == ["classes"]


def targets(parts: Parts) -> str:
    """The targets as a table, each with what was measured."""
    rows = [*_gain_rows(parts), *_loss_rows(parts), *_held_rows(parts), *_carried_rows(parts)]
    return "## Targets\n\n" + table(("what", "target", "measured", "met"), rows)


def _gain_rows(parts: Parts) -> Iterable[Sequence[str]]:
    for cell in _cells(parts):
        if not (cell["regime"] or cell["apps"] >= 16):
            continue
        for other, (words, target) in PUBLISHED.items():
            if other not in cell["gain"]:
                continue
            gain, theirs = cell["gain"][other], cell["policies"][other]["f1"]["mean"]
            scarce = theirs <= SCARCE
            yield (
                f"{_named(cell)}: gain over {TITLES[other]}, which has {theirs:.3f}",
                f"{words} (published)" if scarce else f"told: its F1 is above {SCARCE:g}",
                percent(gain),
                mark(gain["mean"] >= target) if scarce else "",
            )


def _loss_rows(parts: Parts) -> Iterable[Sequence[str]]:
    each = {f"{_named(cell)} / {TITLES[name]}": p for cell in _cells(parts) for name, p in cell["below"].items()}
    together = {
        f"{part['pool']} / {TITLES[name]}": p for part in of_kind(parts, "cells") for name, p in part["below"].items()
    }
    for what, raw in (("every cell", each), ("all cells of a pool together", together)):
        below = sorted(name for name, p in holm(raw).items() if p < LEVEL)
        value = f"{len(below)} of {len(raw)} tests below" + (f": {', '.join(below)}" if below else "")
        words = f"{what}: significantly below any baseline or rival (Holm)"
        yield words, "none", value if raw else "not run", mark(not below) if raw else ""


def _held_rows(parts: Parts) -> Iterable[Sequence[str]]:
    for part in of_kind(parts, "cells"):
        total = held_in(part)
        apps, inside = total["apps"], total["inside"]
        yield (
            f"{part['pool']}: 90 % intervals of what is predicted hold, {apps} apps of Mainstream's plans",
            "at least 88 %",
            f"{inside / apps:.0%}; perfect ones {total['perfect'] / apps:.0%}, on a test of so few photos",
            mark(inside / apps >= 0.88),
        )


def _carried_rows(parts: Parts) -> Iterable[Sequence[str]]:
    for part in of_kind(parts, "carried"):
        for (picture, apps), found in by_picture(part).items():
            best = max((found[other, AS_IT_IS], TITLES[other]) for other in BASELINES[:4] if (other, AS_IT_IS) in found)
            ours, most = found[OURS, AS_IT_IS], found.get((OURS, FREE))
            times = ours / best[0] if best[0] else float("inf")
            limit = f"; {FREE}, {most}: {most / max(1, best[0]):.1f} times" if most else ""
            yield (
                f"{part['pool']}: one core, {apps} apps on each camera of {picture}: cameras against the best baseline "
                f"({best[1]})",
                "3 times",
                f"{times:.1f} times: {ours} and {best[0]}{limit}",
                mark(times >= 3.0),
            )


def enough(parts: Parts) -> str:
    """In which regime which policy is enough."""
    head = ("cell", "Mainstream", *(TITLES[name] for name in BASELINES))
    rows = [
        (
            _named(cell),
            f"{cell['policies'][OURS]['f1']['mean']:.3f}",
            *(_lead(cell, name) for name in BASELINES),
        )
        for cell in _cells(parts)
    ]
    return f"""## Which policy is enough

What Mainstream is ahead by. *Enough* is a policy that it is not ahead of by {LEAD:g} of F1, 95 % sure. Where
micro-heads alone are enough, `mainstream train --quick` is all that an app needs; where No-Sharing is, nothing needs
to be shared. `{COMMAND}` (cells).

Systems of the field stand on the same packages and scores, simplified in their favour
([policies.py](../benchmarks/evidence/policies.py)). *FilterForward-style*: all apps' micro-heads at one tap, at
one rate; thresholds and votes by app as ours, and the best tap and rate for each workload, by what is
predicted. *Polymorph-style*: in place of low-rank adapters on the last layers, all layers after the latest
branch-point that packages have but the last, at one rate. It *serves nobody* where some package has no such
candidate, since the trainer leaves one out where a micro-head is cheaper and as good.

{table_of_run(head, rows)}"""


def regime(parts: Parts) -> str:
    """The abstract's regime, next to the published numbers."""
    rows = [
        (
            _named(cell),
            *(f"{cell['policies'][name]['fps']['mean']:.1f}" for name in ("no-sharing", "max-sharing", OURS)),
            percent(cell["gain"]["no-sharing"]),
            percent(cell["gain"]["max-sharing-published"]),
        )
        for cell in _cells(parts)
        if cell["regime"]
    ]
    head = (
        "",
        "rates, fps: No-Sharing",
        "Max-Sharing",
        "Mainstream",
        "over No-Sharing",
        "over Max-Sharing as published",
    )
    published = ("published (simulated in part)", "1.4", "over 12", "8.7", "+93 %", "+61 %")
    return f"""## The abstract's regime

A 14 fps stream, 10 apps, a budget at which No-Sharing affords 1.4 fps an app. *As published* a first hit
reports, at threshold 1/2. F1 is at most 1, so +93 % asks for a baseline of at most .52, and +61 % for one of
.62: baselines come down to that where more apps share a budget, there is less of it, or classifiers lose more
when they are frozen than these do.

{table(head, [published, *rows])}"""


def every_cell(parts: Parts) -> str:
    """All cells."""
    head = ("cell", "workloads", *(TITLES[name] for name in (OURS, *BASELINES)))
    rows = [
        (_named(cell), str(cell["workloads"]), *(_f1(cell, name) for name in (OURS, *BASELINES)))
        for cell in _cells(parts)
    ]
    most = max((cell["open_most"] for cell in _cells(parts)), default=None)
    on = "" if most is None else f" No planned app was on for more than {most:.0%} of the time without events."
    return f"""## Every cell

Mean F1 of alerts (windowed), played; `{COMMAND}` (cells). The budget is the rate that No-Sharing affords each
of ten apps; more apps share it. An app that does not fit counts as 0.{on}

{table_of_run(head, rows)}"""


def machine(parts: Parts) -> str:
    """On what, with what, under which load each part was made."""
    rows = [
        (
            name,
            part["made"]["on"],
            part["made"]["machine"]["processor"],
            str(part["made"]["machine"]["cores"]),
            f"{part['made']['load'][0]:.1f}",
            part["made"]["versions"]["torch"],
        )
        for name, part in parts.items()
        if part
    ]
    return "## Machine\n\n" + table(("part", "made on", "processor", "cores", "load when written", "torch"), rows)


def _cells(parts: Parts) -> list[Data]:
    return [cell for part in of_kind(parts, "cells") for cell in part["cells"].values()]


def _named(cell: Data) -> str:
    lengths = ", published event lengths" if cell["published_lengths"] else ""
    if cell["regime"]:
        return f"{cell['pool']}: the abstract's regime{lengths}"
    words = f"{cell['apps']} apps, camera {cell['stream_fps']} fps, budget {cell['no_sharing_fps']:g} fps{lengths}"
    return f"{cell['pool']}: {words}"


def _f1(cell: Data, name: str) -> str:
    if name not in cell["policies"]:
        return "serves nobody"
    return f1_of(cell["policies"][name])


def _lead(cell: Data, name: str) -> str:
    if name not in cell["lead"]:
        return "serves nobody"
    return f"{'enough: ' if name in cell['enough'] else ''}{lead(cell['lead'][name])}"
