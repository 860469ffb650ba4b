"""Sections on single parts of the product: engine, planner, trainer."""

from document_words import Data, interval, missing, percent, picture
from findings import REASONS
from results import read_figure


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

{data["base"]}, saturated, one core, medians; `{data["command"]}`. The last two columns are what the
linear cost model and the operations allow. Published: 6.9 times at 8 apps.

{chr(10).join(rows)}

{REASONS["throughput"]}

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
            f"{found['greedy_s']:.3f} | {interval(found['greedy_f1_lost'])} | {highs} |"
        )
    return f"""## The planner

Predicted F1, random contested problems; `{data["command"]}`. {_published(data["published"])}

{chr(10).join(rows)}

{picture("planner_quality", "Time and gap of the planner over apps")}"""


def authors_regime() -> str:
    """The abstract's regime in the authors' own terms."""
    data = read_figure("planner_quality")
    if data is None or "missing" in data["regime"]:
        return ""
    found = data["regime"]
    f1 = {name: f"{each['mean']:.3f}" for name, each in found["f1"].items()}
    fps = " / ".join(f"{found['fps'][mode]:.1f}" for mode in ("nosharing", "maxsharing", "mainstream"))
    return f"""In the authors' own terms ({found["setups"]} of their set-ups of ten apps, at the budget at which their
No-Sharing affords 1.4 fps an app; their curves, costs and event model; predicted;
`{data["command"]}`) the published F1 are: No-Sharing {f1["nosharing"]}, Max-Sharing
{f1["maxsharing"]}, greedy {f1["mainstream"]} (rates: {fps} fps). Mainstream's exact search has {f1["ours"]}:
{percent(found["gain"]["nosharing"])} over No-Sharing, {percent(found["gain"]["maxsharing"])} over Max-Sharing."""


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
