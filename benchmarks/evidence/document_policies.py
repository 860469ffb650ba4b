"""Sections that compare policies: on played streams, live, on the plaza clip."""

from document_parts import authors_regime
from document_words import NAMES, Data, mean, missing, percent, picture, regimes
from findings import REASONS
from intervals import LEVEL
from results import read_figure


def regime() -> str:
    """The abstract's regime, next to the published numbers."""
    data = read_figure("event_f1")
    if data is None:
        return missing("The abstract's regime", "event_f1")
    rows = [
        "| | F1: No-Sharing | Max-Sharing | paper's greedy | Mainstream | windowed | rates, fps | over No-Sharing "
        "| over Max-Sharing |",
        "|---|---|---|---|---|---|---|---|---|",
        "| published (simulated in part) | | | | | | 1.4 / over 12 / 8.7 | +93 % | +61 % |",
    ]
    for what, each in regimes(data):
        f1 = {policy: found["f1"]["mean"] for policy, found in each["policies"].items()}
        rates = " / ".join(
            f"{each['policies'][policy]['fps']['mean']:.1f}" for policy in ("no-sharing", "max-sharing", "mainstream")
        )
        rows.append(
            f"| {what} | {f1['no-sharing']:.3f} | {f1['max-sharing']:.3f} | {f1['greedy']:.3f} "
            f"| {f1['mainstream']:.3f} | {windowed(each)} | {rates} | {percent(each['gain']['no-sharing'])} "
            f"| {percent(each['gain']['max-sharing'])} |"
        )
    return f"""## The abstract's regime

A 14 fps stream, 10 apps, a budget at which No-Sharing affords 1.4 fps an app. Played;
`{data["command"]}`. Gains are those of the mean F1, with 95 % intervals over workloads (paired
bootstrap). Rates are those of No-Sharing, Max-Sharing and Mainstream, and so are the F1 of the same decisions in the
published, *windowed* measure ([design](design.md#the-published-measure)), which nothing here is planned by.

{chr(10).join(rows)}

*All policies as published*: a first hit reports, at threshold 1/2, so that rates and branch-points alone are chosen,
by Mainstream and by the baselines. Event frequency stays that of these streams: the classes of one stream share its
time, so an app's events take a tenth of it on average, where the authors' take .1 to 1. Mainstream as it is, with
thresholds and votes, against the baselines as published:

{_over_published(data["published"])}

{REASONS["regime"]}

{authors_regime()}"""


def windowed(cell: Data) -> str:
    """The published measure of a cell's policies."""
    policies = ("no-sharing", "max-sharing", "mainstream")
    return " / ".join(f"{cell['policies'][policy]['f1_windowed']['mean']:.3f}" for policy in policies)


def _over_published(data: Data) -> str:
    rows = [
        "| | Mainstream as it is | over No-Sharing as published | over Max-Sharing as published |",
        "|---|---|---|---|",
    ]
    for each in data.values():
        lengths = ", published event lengths" if each["published_lengths"] else ""
        gains = [percent(each["product_gain"][other]) for other in ("no-sharing", "max-sharing")]
        rows.append(f"| {each['pool']}{lengths} | {each['product_f1']['mean']:.3f} | {' | '.join(gains)} |")
    return "\n".join(rows)


def cells() -> str:
    """All cells."""
    data = read_figure("event_f1")
    if data is None:
        return ""
    rows = [
        "| pool | apps | stream, fps | budget, fps | workloads | No-Sharing | Max-Sharing | greedy | Mainstream "
        "| windowed | over No-Sharing | over Max-Sharing |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for each in data["cells"].values():
        f1 = [f"{each['policies'][policy]['f1']['mean']:.3f}" for policy in NAMES if policy != "mainstream"]
        ours = each["policies"]["mainstream"]["f1"]
        lengths = " (published lengths)" if each["published_lengths"] else ""
        rows.append(
            f"| {each['pool']}{lengths} | {each['apps']} | {each['stream_fps']} | {each['no_sharing_fps']:g} | "
            f"{each['workloads']} | {' | '.join(f1)} | {ours['mean']:.3f} [{ours['low']:.3f}, {ours['high']:.3f}] "
            f"| {windowed(each)} | {percent(each['gain']['no-sharing'])} | {percent(each['gain']['max-sharing'])} |"
        )
    below = data["no_loss"]["below"]
    said = f"Significantly below a baseline at {LEVEL:g}, corrected for {data['no_loss']['tests']} tests: " + (
        ", ".join(below) if below else "none"
    )
    return f"""## Every cell

Mean F1 of alerts, played; `{data["command"]}`. The budget is the rate that No-Sharing affords each of ten apps;
more apps share it. *Windowed* is the published measure of No-Sharing, Max-Sharing and Mainstream.

{chr(10).join(rows)}

{said}.

{picture("event_f1-over-apps", "F1 of alerts, recall and precision over the number of apps")}
{picture("event_f1-over-budget", "F1 of alerts, recall and precision over the budget")}
{picture("event_f1-gain", "Gain over the budget")}
{picture("event_f1-choices", "Rates and branch-points that are chosen over the number of apps")}"""


def live() -> str:
    """Live runs."""
    data = read_figure("live_runs")
    if data is None:
        return missing("Live runs", "live_runs")
    found = data["summary"]
    events = mean([run["events"] / len(run["f1_live"]) for run in data["runs"]])
    rows = [
        "| stream | policy | rate off by at most | CPU of cost, first minute | the next | F1 live | F1 played |",
        "|---|---|---|---|---|---|---|",
    ]
    for run in data["runs"]:
        worst = max((abs(b / a - 1) for a, b in run["rates"].values()), default=0.0)
        rows.append(
            f"| {run['cell']['pool']} {run['workload']} | {NAMES[run['policy']]} | {100 * worst:.1f} % | "
            f"{_cpu(run['before'][-1])} | {_cpu(run)} | {mean(run['f1_live']):.3f} "
            f"| {mean(run['f1_played']):.3f} |"
        )
    return f"""## Live runs

`{data["command"]}`: {data["seconds"]} s, twice, through feeder and TorchServe, in real time, as an H.264 stream. Live
and played F1 are of the same frames, so the same events ({events:.0f} an app); they differ by at most
{found["mean_f1_difference_worst"]:.3f} in the mean of a run, and by {found["app_f1_difference_mean"]:.3f} for an app on
average. Of single hits at most {100 * found["hits_that_differ_worst"]:.2f} % differ: the video is not without loss.

{chr(10).join(rows)}

Rates are as planned. {_loop(found)}

{REASONS["live"]}

{picture("live_runs", "Achieved over planned rate, CPU over cost, live over played F1")}"""


def _cpu(minute: Data) -> str:
    return f"{minute['cpu_used']:.3f} of {minute['cost']:.3f}, {100 * (minute['cpu_used'] / minute['cost'] - 1):+.0f} %"


def _loop(found: Data) -> str:
    first, after = found["cpu_over_cost_before"], found["cpu_over_cost"]
    sorts_s = found["yardstick_s"]
    beside = (
        f" The same sorting of numbers, with nothing of the product in it, took {1000 * min(sorts_s):.2f} to "
        f"{1000 * max(sorts_s):.2f} CPU-milliseconds on average in {len(sorts_s)} of these minutes."
        if sorts_s
        else ""
    )
    return (
        f"CPU used is off its planned cost by at most {100 * first['worst']:.0f} % in a plan's first minute "
        f"({found['cpu_within_target_before']} of {len(first['all'])} within 10 %) and {100 * after['worst']:.0f} % in "
        f"the next ({found['cpu_within_target']} of {len(after['all'])})." + beside
    )


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

Six apps, the half of the clip that training never opened, live; `{data["command"]}`. Mean F1 of alerts by budget
(CPU-seconds a second). An app has some eight events there, so intervals are wide.

{chr(10).join(rows)}

{picture("plaza", "F1 of alerts on the plaza clip over the budget")}"""


def _difference(found: Data) -> str:
    return f"{found['difference']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]"
