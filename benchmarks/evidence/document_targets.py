"""The section that compares what was measured with the targets, and names every miss."""

from document_words import NAMES, percent, regimes, way_words
from findings import REASONS
from results import read_figure

PUBLISHED_GAIN = {"no-sharing": 0.93, "max-sharing": 0.61}


def targets() -> str:
    """The targets as a table, each with what was measured."""
    rows = ["| what | target | measured | met |", "|---|---|---|---|"]
    rows += [_row(*row) for row in (*_gain_rows(), _loss_row(), *_prediction_rows(), *_live_rows())]
    return "## Targets\n\n" + "\n".join(rows) + "\n\n" + REASONS["targets"]


def _gain_rows() -> list[tuple[str, str, str, bool | None]]:
    data = read_figure("event_f1")
    if data is None:
        return [("mean F1 in the abstract's regime", "+93 % and +61 %", "not measured", None)]
    rows: list[tuple[str, str, str, bool | None]] = []
    for what, each in regimes(data):
        for other, target in PUBLISHED_GAIN.items():
            gain = each["gain"][other]
            rows.append(
                (
                    f"{what}: gain over {NAMES[other]}, {each['workloads']} workloads, played",
                    f"above {100 * target:+.0f} % (published)",
                    percent(gain),
                    gain["low"] > target,
                )
            )
    return rows


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
                what = f"predicted F1 inside the measured one's 95 % interval (events alone), signs, {way_words(way)}"
                rows.append((what, "90 % of apps", f"{100 * value:.0f} % of {found['apps']}", value >= 0.9))
            else:
                value = found["mean_absolute_error"]["f1"]
                what = f"predicted against measured F1, mean absolute error, {pool}, {way_words(way)}"
                rows.append((what, ".03", f"{value:.3f} over {found['apps']} apps", value <= 0.03))
    for pool, found in data["prediction"].items():
        value = f"{100 * found['inside']:.0f} % of {found['apps']}, interval {found['mean_width']:.2f} wide on average"
        what = f"measured F1 inside the prediction's 95 % interval (few photos too), {pool}, replayed curves"
        rows.append((what, "90 % of apps", value, found["inside"] >= 0.9))
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
        (
            "CPU used against planned cost, live, in the loop",
            "10 %",
            f"at most {100 * cpu:.0f} %; {found['cpu_within_target']} of {len(found['cpu_over_cost']['all'])} within",
            cpu <= 0.10,
        ),
    ]


def _row(what: str, target: str, value: str, met: bool | None) -> str:
    return f"| {what} | {target} | {value} | {'' if met is None else 'yes' if met else '**no**'} |"
