"""Sections beside the cells: what a core carries, single ideas, predictions, quiet days, the plaza clip, heads."""

from evidence.carried import AS_IT_IS, FREE, GATE, MOST_CAMERAS, NO_MODES, POLICIES
from evidence.page_words import COMMAND, NOT_RUN, Data, Parts, f1_of, held_in, lead, mark, of_kind, table, table_of_run
from evidence.policies import BASELINES, OURS, TITLES


def carried(parts: Parts) -> str:
    """Cameras on one core."""
    columns = [(name, AS_IT_IS) for name in POLICIES] + [(OURS, idea) for idea in (FREE, NO_MODES, GATE)]
    rows = [
        (part["pool"], picture, str(apps), *(_cameras(found.get(each)) for each in columns))
        for part in of_kind(parts, "carried")
        for (picture, apps), found in by_picture(part).items()
    ]
    titles = (TITLES[name] if idea == AS_IT_IS else f"{TITLES[name]} {idea}" for name, idea in columns)
    head = ("pool", "camera", "apps on each", *titles)
    return f"""## What one core carries

So many cameras like each other, with so many apps on each, at a mean alert F1 of .8; `{COMMAND}` (carried). Apps
are those of one workload of the abstract's regime, pictures the plaza's, encoded in groups of 50; a plan gets four
CPU-seconds. Without whole networks (`--frozen`) packages take minutes, and what needs these is not looked at. The
gate is told for views that move 30 % of the time, which is stated, not measured. *If networks cost nothing*, decoding
and the frame's way are left: no sharing of networks like these carries more.

{table_of_run(head, rows)}"""


def by_picture(part: Data) -> dict[tuple[str, int], dict[tuple[str, str], int]]:
    """Cameras by policy and idea, for each picture and number of apps of which several were tried."""
    found: dict[tuple[str, int], dict[tuple[str, str], int]] = {}
    for row in part["rows"]:
        found.setdefault((row["picture"], row["apps"]), {})[row["policy"], row["idea"]] = row["cameras"]
    return {at: of for at, of in found.items() if (OURS, AS_IT_IS) in of and len({name for name, _ in of}) > 1}


def _cameras(found: int | None) -> str:
    return "" if found is None else f"{'at least ' if found == MOST_CAMERAS else ''}{found}"


def ablations(parts: Parts) -> str:
    """What each idea is worth."""
    found = of_kind(parts, "ablations")
    rows = []
    if found:
        rows = [(idea, *(lead(part["lost"][idea]) for part in found)) for idea in found[0]["lost"]]
    head = ("left out", *(f"{part['pool']}, {part['workloads']} workloads: F1 lost" for part in found))
    return f"""## What each idea is worth

Mean F1 of alerts lost without it, in the abstract's regime, played; `{COMMAND}` (ablations). *Cross-fitting*:
micro-heads are predicted by what ships, on photos that it has learnt from. *Heads*: fine-tuned candidates
alone. *Closed loop*: on a node that is 1.5 times slower than its profile says, simulated. Decode modes and the
gate stand under "What one core carries".

{table_of_run(head, rows)}"""


def promises(parts: Parts) -> str:
    """Predicted against measured."""
    rows = []
    for part in of_kind(parts, "cells"):
        total = held_in(part)
        apps = total["apps"]
        rows.append(
            (
                part["pool"],
                str(apps),
                *(f"{total[what] / apps:.0%}" for what in ("inside", "above", "perfect", "together")),
                f"{total['width'] / apps:.3f}",
                f"{total['error'] / apps:.3f}",
                f"{total['bias'] / apps:+.3f}",
            )
        )
    head = (
        "pool",
        "apps",
        "90 % intervals hold",
        "above",
        "would hold if perfect",
        "agree as estimates",
        "mean width",
        "mean absolute error",
        "mean bias",
    )
    return f"""## Predicted against measured

Every app of Mainstream's plans in every cell; `{COMMAND}` (cells). What is measured wanders too, with the few
photos that the test has: intervals that held the truth nine times in ten would hold so many of these measurements
(*if perfect*). Prediction and measurement *agree as estimates* where they differ by no more than both may be off.

{table_of_run(head, rows)}

{_splits(parts)}"""


def _splits(parts: Parts) -> str:
    """The rows of `make bench-predictions`."""
    rows = [
        (row["what"], row["value"], row["target"], "" if row["met"] is None else mark(row["met"]))
        for part in of_kind(parts, "predictions")
        for row in part["rows"]
    ]
    title = "Packages of micro-heads against streams of photos of other people; `make bench-predictions`."
    return f"{title}\n\n{table_of_run(('what', 'measured', 'target', 'met'), rows)}"


def days(parts: Parts) -> str:
    """Days on which next to nothing happens."""
    rows = []
    for part in of_kind(parts, "days"):
        for known, each in part["known"].items():
            near = each["judged"] - each["more"] - each["fewer"]
            f1 = ", ".join(f"{kind} {value:.2f}" for kind, value in each["f1"].items())
            rows.append(
                (
                    f"{part['pool']}, {part['apps']} apps",
                    known,
                    f"{near} of {each['judged']}",
                    str(each["more"]),
                    str(each["fewer"]),
                    f"{each['predicted']:.0f}",
                    f"{each['measured']:.0f}",
                    f1,
                )
            )
    head = (
        "pool",
        "predicted from",
        "false alerts a day within a factor of 1.5 (target: 80 %)",
        "more",
        "fewer",
        "predicted, mean",
        "measured",
        "F1 of the choices",
    )
    return f"""## Quiet days

A day with one event an hour, for each candidate of each app; days with ten or more false alerts are judged;
`{COMMAND}` (days). What photos cannot tell is told in [the planner](planner.md#measured).

{table_of_run(head, rows)}"""


def plaza(parts: Parts) -> str:
    """The plaza clip."""
    part = parts.get("plaza")
    title = f"""## The plaza clip

The half of the clip that training never opened, played; `{COMMAND}` (plaza). Mean F1 of alerts (windowed), and
what Mainstream is ahead by: the same events drawn again under each policy. Packages are those of `make demo`, where
the six alone have whole fine-tunes: what needs these of 22 apps serves nobody, unless `mainstream demo
--all-baselines` made them. `make demo` shows both live, at a tenth of a core."""
    if not part:
        return f"{title}\n\n{NOT_RUN}"
    rows = []
    for row in part["rows"]:
        for name in (OURS, *BASELINES):
            found = row["policies"].get(name)
            ahead = lead(row["lead"][name]) if found and name != OURS else ""
            f1 = f1_of(found) if found else "serves nobody"
            told = f"{found['f1_predicted']:.3f}" if found else ""
            rows.append((str(row["apps"]), f"{row['budget']:g}", TITLES[name], f1, told, ahead))
    head = ("apps", "budget, CPU-seconds a second", "policy", "F1", "predicted", "Mainstream less it")
    return f"{title} {_behind(part)}\n\n{table(head, rows)}"


def _behind(part: Data) -> str:
    """Where Mainstream is, beyond chance."""
    found = [
        f"{TITLES[name]} ({row['apps']} apps, budget {row['budget']:g})"
        for row in part["rows"]
        for name, each in row["lead"].items()
        if each["high"] < 0.0
    ]
    if not found:
        return "No interval lies below 0."
    return f"Mainstream is behind, with an interval below 0: {', '.join(found)}."


def heads(parts: Parts) -> str:
    """How good candidates are by what they share."""
    rows = [
        (part["pool"], each["candidate"], str(each["branch_point"]), str(each["apps"]), f"{each['accuracy']:.3f}")
        for part in of_kind(parts, "cells")
        for each in part["heads"]
    ]
    head = ("pool", "candidate", "frozen up to", "apps", "balanced accuracy")
    return f"""## Accuracy over what is frozen

Of candidates on test photos, at score 1/2, mean over the apps whose packages hold them; `{COMMAND}` (cells).
Published curves lose 70 % of their accuracy with everything frozen, and 18 % where Mainstream stops.

{table_of_run(head, rows)}"""
