"""Writes docs/evidence.md from the figures' JSON: every number beside the command that made it, every miss named.

    python benchmarks/evidence/document.py

Texts stand here, numbers in `out/evidence/`; a figure that was not made is named as missing, never passed over.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from findings import REASONS
from intervals import LEVEL
from results import FIGURES, QUICK, read_figure

DOCUMENT = Path("docs") / ("evidence-quick.md" if QUICK else "evidence.md")
PICTURES = Path("docs") / "evidence"
MAX_SVG_BYTES = 200_000
PUBLISHED_GAIN = {"no-sharing": 0.93, "max-sharing": 0.61}
NAMES = {
    "mainstream": "Mainstream",
    "no-sharing": "No-Sharing",
    "max-sharing": "Max-Sharing",
    "greedy": "paper's greedy",
}
Data = Mapping[str, Any]


def main() -> int:
    """Write the document and copy its pictures."""
    sections = [opening(), targets(), regime(), cells(), live(), plaza(), predictions(), ablations()]
    sections += [frozen(), throughput(), planner(), trainer(), machine()]
    text = "\n\n".join(section for section in sections if section) + "\n"
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(text, encoding="utf-8")
    print(DOCUMENT)
    return 0


def opening() -> str:
    """What this page is, and what is played and what is live."""
    return """# Evidence

Whoever hears "shared stems, planned by event F1" asks for proof on a box like theirs. This page is written by
`make bench-evidence` from what it measured; every section names the command that made its numbers. `QUICK=1` makes
all figures in some ten minutes, with fewer packages, cells and workloads; a run that is cut short goes on where it was.

Streams are made of real photos: runs of an app's event pictures among other pictures, .3 to 3 s long, at least 200
events an app, photos that no training ever saw ([streams.py](../benchmarks/evidence/streams.py)). Cells were fixed
before anything was measured ([cells.py](../benchmarks/evidence/cells.py)). Every policy gets the same packages, rates,
thresholds and votes, plans each workload as well as it can, and is measured on the same frames.

*Played* and *live* are told apart. Frames are photos of a finite pool, so each candidate scores each photo once,
through TorchServe; with these scores a plan is played frame by frame by the product's own sampler, votes and scoring.
What is played is what a runner does that drops no frame. Live runs, in real time through feeder and TorchServe, check
that: rates, CPU and F1, on the same frames. The plaza clip is live throughout.

Your own pictures: `python benchmarks/evidence/event_f1.py --pictures FOLDER`, with a folder of pictures per class.
Photos are found by `MAINSTREAM_SIGNS` and `MAINSTREAM_FASHION_MNIST`, else where the project's shared folder and
Debian's package dataset-fashion-mnist have them."""


def targets() -> str:
    """The issue's table, measured."""
    rows = ["| what | target | measured | met |", "|---|---|---|---|"]
    rows += [_row(*row) for row in (*_gain_rows(), _loss_row(), *_prediction_rows(), *_live_rows())]
    return "## Targets\n\n" + "\n".join(rows) + "\n\n" + REASONS["targets"]


def _gain_rows() -> list[tuple[str, str, str, bool | None]]:
    data = read_figure("event_f1")
    if data is None:
        return [("mean F1 in the abstract's regime", "+93 % and +61 %", "not measured", None)]
    rows: list[tuple[str, str, str, bool | None]] = []
    for what, each in _regimes(data):
        for other, target in PUBLISHED_GAIN.items():
            gain = each["gain"][other]
            rows.append(
                (
                    f"{what}: gain over {NAMES[other]}, {each['workloads']} workloads, played",
                    f"above {100 * target:+.0f} % (published)",
                    _percent(gain),
                    gain["low"] > target,
                )
            )
    return rows


def _regimes(data: Data) -> list[tuple[str, Data]]:
    """The cells of the abstract's regime: as fixed, with published event lengths, and planned by the chain."""
    found = []
    for way, source in (("", data["cells"]), (", event model's chain", data["chain"])):
        for each in source.values():
            if each["headline"]:
                lengths = ", published event lengths" if each["published_lengths"] else ""
                found.append((f"{each['pool']}{lengths}{way}", each))
    return found


def _loss_row() -> tuple[str, str, str, bool | None]:
    data = read_figure("event_f1")
    what, target = "every cell: not significantly below either baseline (Holm)", "none below"
    if data is None:
        return what, target, "not measured", None
    loss = data["no_loss"]
    value = f"{len(loss['below'])} of {loss['tests']} tests below; lowest corrected p {loss['lowest_corrected']:.3f}"
    return what, target, value, not loss["below"]


def _prediction_rows() -> list[tuple[str, str, str, bool | None]]:
    data = read_figure("calibration")
    if data is None:
        return [("predicted against measured F1", ".03; 90 % of apps", "not measured", None)]
    rows: list[tuple[str, str, str, bool | None]] = []
    for way in ("replayed", "chain"):
        for pool, found in data[way].items():
            if pool == "signs":
                value = found["f1_inside_interval"]
                what = f"predicted F1 inside the measured one's 95 % interval, signs, {_way(way)}"
                rows.append((what, "90 % of apps", f"{100 * value:.0f} % of {found['apps']}", value >= 0.9))
            else:
                value = found["mean_absolute_error"]["f1"]
                what = f"predicted against measured F1, mean absolute error, {pool}, {_way(way)}"
                rows.append((what, ".03", f"{value:.3f} over {found['apps']} apps", value <= 0.03))
    return rows


def _live_rows() -> list[tuple[str, str, str, bool | None]]:
    data = read_figure("live_runs")
    if data is None:
        return [("planned against achieved rate; CPU against cost", "5 %; 10 %", "not measured", None)]
    found = data["summary"]
    cpu = found["cpu_over_cost"]["worst"]
    return [
        (
            f"planned against achieved rate, live, {found['apps']} apps of {len(data['runs'])} runs",
            "5 %",
            f"at most {100 * found['rate_worst']:.1f} %",
            found["rate_worst"] <= 0.05,
        ),
        ("CPU used against planned cost, live", "10 %", f"at most {100 * cpu:.0f} %", cpu <= 0.10),
    ]


def regime() -> str:
    """The abstract's regime, next to the published numbers."""
    data = read_figure("event_f1")
    if data is None:
        return missing("The abstract's regime", "event_f1")
    rows = [
        "| | F1: No-Sharing | Max-Sharing | paper's greedy | Mainstream | rates, fps | over No-Sharing "
        "| over Max-Sharing |",
        "|---|---|---|---|---|---|---|---|",
        "| published (simulated in part) | | | | | 1.4 / over 12 / 8.7 | +93 % | +61 % |",
    ]
    for what, each in _regimes(data):
        f1 = {policy: found["f1"]["mean"] for policy, found in each["policies"].items()}
        rates = " / ".join(
            f"{each['policies'][policy]['fps']['mean']:.1f}" for policy in ("no-sharing", "max-sharing", "mainstream")
        )
        rows.append(
            f"| {what} | {f1['no-sharing']:.3f} | {f1['max-sharing']:.3f} | {f1['greedy']:.3f} "
            f"| {f1['mainstream']:.3f} | {rates} | {_percent(each['gain']['no-sharing'])} "
            f"| {_percent(each['gain']['max-sharing'])} |"
        )
    return f"""## The abstract's regime

A 14 fps stream, 10 apps, a budget at which No-Sharing affords 1.4 fps an app. Played;
`{data["command"]}`. Gains are those of the mean F1, with 95 % intervals over workloads (paired
bootstrap). Rates are those of No-Sharing, Max-Sharing and Mainstream.

{chr(10).join(rows)}

{REASONS["regime"]}"""


def cells() -> str:
    """All cells."""
    data = read_figure("event_f1")
    if data is None:
        return ""
    rows = [
        "| pool | apps | stream, fps | budget, fps | workloads | No-Sharing | Max-Sharing | greedy | Mainstream |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for each in data["cells"].values():
        f1 = [f"{each['policies'][policy]['f1']['mean']:.3f}" for policy in NAMES if policy != "mainstream"]
        ours = each["policies"]["mainstream"]["f1"]
        lengths = " (published lengths)" if each["published_lengths"] else ""
        rows.append(
            f"| {each['pool']}{lengths} | {each['apps']} | {each['stream_fps']} | {each['no_sharing_fps']:g} | "
            f"{each['workloads']} | {' | '.join(f1)} | {ours['mean']:.3f} [{ours['low']:.3f}, {ours['high']:.3f}] |"
        )
    below = data["no_loss"]["below"]
    said = f"Significantly below a baseline at {LEVEL:g}, corrected for {data['no_loss']['tests']} tests: " + (
        ", ".join(below) if below else "none"
    )
    return f"""## Every cell

Mean event F1, played; `{data["command"]}`. The budget is the rate that No-Sharing affords each of ten apps.

{chr(10).join(rows)}

{said}.

{picture("event_f1-over-apps", "Event F1, recall and precision over the number of apps")}
{picture("event_f1-over-budget", "Event F1, recall and precision over the budget")}
{picture("event_f1-gain", "Gain over the budget")}
{picture("event_f1-choices", "Rates and branch-points that are chosen over the number of apps")}"""


def live() -> str:
    """Live runs."""
    data = read_figure("live_runs")
    if data is None:
        return missing("Live runs", "live_runs")
    found = data["summary"]
    rows = [
        "| stream | policy | rate off by at most | CPU of cost | F1 live | F1 played |",
        "|---|---|---|---|---|---|",
    ]
    for run in data["runs"]:
        worst = max((abs(b / a - 1) for a, b in run["rates"].values()), default=0.0)
        rows.append(
            f"| {run['cell']['pool']} {run['workload']} | {NAMES[run['policy']]} | {100 * worst:.1f} % | "
            f"{run['cpu_used']:.3f} of {run['cost']:.3f} | {_mean(run['f1_live']):.3f} "
            f"| {_mean(run['f1_played']):.3f} |"
        )
    return f"""## Live runs

`{data["command"]}`: {data["seconds"]} s each through feeder and TorchServe, in real time, as an H.264 stream. Live and
played F1 are of the same frames, so the same events; they differ by at most {found["mean_f1_difference_worst"]:.3f} in
the mean of a run, and by {found["app_f1_difference_mean"]:.3f} for an app on average. Of single hits at most
{100 * found["hits_that_differ_worst"]:.2f} % differ: the video is not without loss.

{chr(10).join(rows)}

{REASONS["live"]}

{picture("live_runs", "Achieved over planned rate, CPU over cost, live over played F1")}"""


def plaza() -> str:
    """The plaza clip."""
    data = read_figure("plaza")
    if data is None:
        return missing("The plaza clip", "plaza")
    rows = ["| budget | No-Sharing | Max-Sharing | Mainstream | Mainstream less No-Sharing | less Max-Sharing |"]
    rows.append("|---|---|---|---|---|---|")
    for budget, run in data["runs"].items():
        f1 = {policy: found["mean_f1_measured"] for policy, found in run["policies"].items()}
        less = {each["baseline"]: _difference(each) for each in run["differences"]}
        rows.append(
            f"| {budget} | {f1['no-sharing']:.3f} | {f1['max-sharing']:.3f} | {f1['mainstream']:.3f} | "
            f"{less['no-sharing']} | {less['max-sharing']} |"
        )
    return f"""## The plaza clip

Six apps, the half of the clip that training never opened, live; `{data["command"]}`. Mean event F1 by budget
(CPU-seconds a second). An app has some eight events there, so intervals are wide.

{chr(10).join(rows)}

{picture("plaza", "Event F1 on the plaza clip over the budget")}"""


def _difference(found: Data) -> str:
    return f"{found['difference']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]"


def predictions() -> str:
    """Predicted against measured."""
    data = read_figure("calibration")
    if data is None:
        return missing("Predicted against measured", "calibration")
    rows = ["| pool | predicted by | apps | error of recall | precision | F1 | bias of F1 | inside the 95 % interval |"]
    rows.append("|---|---|---|---|---|---|---|---|")
    for way in ("replayed", "chain"):
        for pool, found in data[way].items():
            errors = found["mean_absolute_error"]
            rows.append(
                f"| {pool} | {_way(way)} | {found['apps']} | {errors['recall']:.3f} | {errors['precision']:.3f} | "
                f"{errors['f1']:.3f} | {found['bias']['f1']:+.3f} | {100 * found['f1_inside_interval']:.0f} % |"
            )
    return f"""## Predicted against measured

Mean absolute errors over every app of every plan in the abstract's regime; `{data["command"]}`.

{chr(10).join(rows)}

{_held_out_and_test(data["held_out_and_test"])}

{REASONS["calibration"]}

{picture("calibration", "Measured over predicted F1")}"""


def _held_out_and_test(data: Data) -> str:
    """Where errors come from."""
    rows = ["| pool | | held out | test |", "|---|---|---|---|"]
    for pool, found in data.items():
        for k, parts in found["rates"].items():
            cells = [
                f"p {parts[part]['p']:.3f}, e {parts[part]['e']:.4f} ({parts[part]['e_worst_class']:.3f} on the class "
                "mistaken most)"
                for part in ("held_out", "test")
            ]
            rows.append(f"| {pool} | branch-point {k}, at score 1/2 | {' | '.join(cells)} |")
        for policy, f1 in found["f1"].items():
            what = f"mean F1 of {NAMES[policy]}, predicted {f1['predicted']:.3f}"
            rows.append(f"| {pool} | {what} | {f1['held_out']:.3f} | {f1['test']:.3f} |")
    said = "The same candidates and plans on held-out photos, which they were made with, and on test photos:"
    return f"{said}\n\n" + "\n".join(rows)


def ablations() -> str:
    """What each idea is worth."""
    data = read_figure("ablations")
    if data is None:
        return missing("What each idea is worth", "ablations")
    rows = ["| left out | " + " | ".join(f"{pool}: F1 lost" for pool in data["ideas"]) + " |"]
    rows.append("|---" * (1 + len(data["ideas"])) + "|")
    for idea in next(iter(data["ideas"].values()))["lost_without"]:
        lost = [_interval(found["lost_without"][idea]) for found in data["ideas"].values()]
        rows.append(f"| {idea} | {' | '.join(lost)} |")
    count = next(iter(data["ideas"].values()))["workloads"]
    return f"""## What each idea is worth

Mean event F1 lost without it, in the abstract's regime, {count} workloads, played; `{data["command"]}`. The closed loop
is simulated, on a node that is {data["slower"]:g} times slower than its profile says.

{chr(10).join(rows)}

{REASONS["ablations"]}

{picture("ablations", "F1 lost without each idea")}"""


def frozen() -> str:
    """Accuracy over the frozen share."""
    data = read_figure("frozen_share")
    if data is None:
        return missing("Accuracy over the share of the network that is frozen", "frozen_share")
    rows = ["| task | base network | apps | balanced accuracy by frozen share of operations |", "|---|---|---|---|"]
    for each in data["curves"]:
        points = ", ".join(f"{point['frozen_share']:.2f}: {point['accuracy']:.3f}" for point in each["points"])
        rows.append(f"| {each['task']} | {each['base']} | {each['apps']} | {points} |")
    return f"""## Accuracy over the share of the network that is frozen

`{data["command"]}`, test pictures. The published curves lose 70 % of their accuracy with everything frozen, and 18 %
where Mainstream stops.

{chr(10).join(rows)}

{picture("frozen_share", "Accuracy over the frozen share")}"""


def throughput() -> str:
    """Throughput."""
    data = read_figure("throughput")
    if data is None:
        return missing("Throughput", "throughput")
    rows = [
        "| branch-point | apps | frames x apps a second | over TorchServe models | OpenVINO | ONNX Runtime "
        "| cost model | operations |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for point in data["points"]:
        ratios = [f"{point['ours'] / point[way]:.2f}x" for way in ("models", "openvino", "onnxruntime")]
        rows.append(
            f"| {point['depth']} | {point['apps']} | {point['ours']:.0f} | {' | '.join(ratios)} | "
            f"{point['cost_model']:.2f}x | {point['operations']:.2f}x |"
        )
    return f"""## Throughput

{data["base"]}, saturated, one core, medians; `{data["command"]}`. The last two columns are what the linear cost model
and the operations allow. Published: 6.9 times at 8 apps.

{chr(10).join(rows)}

{picture("throughput", "Throughput over apps")}"""


def planner() -> str:
    """The planner."""
    data = read_figure("planner_quality")
    if data is None:
        return missing("The planner", "planner_quality")
    rows = ["| apps | problems | exact search, s | worst gap | greedy, s | F1 that greedy leaves | HiGHS, s |"]
    rows.append("|---|---|---|---|---|---|---|")
    for apps, found in data["apps"].items():
        highs = "" if found["highs_s"] is None else f"{found['highs_s']:.1f}"
        rows.append(
            f"| {apps} | {found['problems']} | {found['exact_s']['median']:.3f} | {found['gap_worst']:.1e} | "
            f"{found['greedy_s']:.3f} | {_interval(found['greedy_f1_lost'])} | {highs} |"
        )
    return f"""## The planner

Predicted F1, random contested problems; `{data["command"]}`. {_published(data["published"])}

{chr(10).join(rows)}

{picture("planner_quality", "Time and gap of the planner over apps")}"""


def _published(data: Data) -> str:
    if "missing" in data:
        return f"The authors' set-ups were left out: {data['missing']}."
    means = ", ".join(f"{name} {value:.3f}" for name, value in data["mean_f1"].items())
    return (
        f"On {data['cells']} of the authors' own set-ups, in their own terms (their curves, costs and event model), "
        f"mean F1 is: {means}; nowhere more than {max(0.0, data['worst_below_their_exact']):.1e} below their exact "
        f"search."
    )


def trainer() -> str:
    """The trainer."""
    data = read_figure("trainer_quality")
    if data is None:
        return missing("The trainer", "trainer_quality")
    speed = data["speed"]
    return f"""## The trainer

`{data["command"]}`: {speed["candidates"]} candidates of one app of the plaza clip in {speed["all_s"]:.0f} s, one whole
fine-tune alone in {speed["one_alone_s"]:.0f} s, {speed["ratio"]:.2f} times. Balanced accuracy by branch-point,
{data["seeds"]} seeds (bars from the lowest to the highest):

{picture("trainer_quality", "Balanced accuracy over branch-point, three apps")}"""


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


def missing(title: str, figure: str) -> str:
    """A section that has no figure yet."""
    return f"## {title}\n\nNot measured yet: `python benchmarks/evidence/{figure}.py` makes it."


def picture(name: str, words: str) -> str:
    """A picture beside the document; one that is too large stays in out/evidence."""
    source = FIGURES / f"{name}.svg"
    if not source.exists() or source.stat().st_size > MAX_SVG_BYTES:
        return f"({words}: `{source}`)"
    PICTURES.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, PICTURES / source.name)
    return f"![{words}](evidence/{source.name})"


def _row(what: str, target: str, value: str, met: bool | None) -> str:
    return f"| {what} | {target} | {value} | {'' if met is None else 'yes' if met else '**no**'} |"


def _percent(gain: Data) -> str:
    return f"{100 * gain['mean']:+.0f} % [{100 * gain['low']:+.0f}, {100 * gain['high']:+.0f}]"


def _interval(found: Data) -> str:
    return f"{found['mean']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]"


def _way(way: str) -> str:
    return "event model's chain" if way == "chain" else "replayed curves"


def _mean(values: list[float]) -> float:
    return sum(values) / max(1, len(values))


if __name__ == "__main__":
    sys.exit(main())
