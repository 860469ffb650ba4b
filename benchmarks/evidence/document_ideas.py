"""Sections on what the gains rest on: predictions, single ideas, how accuracy falls with what is frozen."""

from document_words import NAMES, Data, interval, missing, picture, way_words
from findings import REASONS
from results import read_figure


def predictions() -> str:
    """Predicted against measured."""
    data = read_figure("calibration")
    if data is None:
        return missing("Predicted against measured", "calibration")
    rows = [
        "| pool | predicted by | apps | error of recall | precision | F1 | bias of F1 "
        "| inside the measured F1's 95 % interval |"
    ]
    rows.append("|---|---|---|---|---|---|---|---|")
    for way in ("replayed", "chain"):
        for pool, found in data[way].items():
            errors = found["mean_absolute_error"]
            rows.append(
                f"| {pool} | {way_words(way)} | {found['apps']} | {errors['recall']:.3f} | {errors['precision']:.3f} | "
                f"{errors['f1']:.3f} | {found['bias']['f1']:+.3f} | {100 * found['f1_inside_interval']:.0f} % |"
            )
    return f"""## Predicted against measured

Mean absolute errors over every app of every plan in the abstract's regime; `{data["command"]}`.

{chr(10).join(rows)}

{_intervals(data["prediction"])}

{_held_out_and_test(data["held_out_and_test"])}

{REASONS["calibration"]}

{picture("calibration", "Measured over predicted F1")}"""


def _intervals(data: Data) -> str:
    """What predictions leave open."""
    rows = [
        "| pool | apps | measured F1 inside | below | above | mean width | bias of its mean |",
        "|---|---|---|---|---|---|---|",
    ]
    for pool, found in data.items():
        shares = " | ".join(f"{100 * found[what]:.0f} %" for what in ("inside", "below", "above"))
        rows.append(f"| {pool} | {found['apps']} | {shares} | {found['mean_width']:.3f} | {found['bias']:+.3f} |")
    counts = " and ".join(f"{found['workloads']} workloads of {pool}" for pool, found in data.items())
    return f"""\
The measured F1's interval is that of its stream's events alone. A prediction has one of its own, which holds
too that rates of hits are known from few held-out photos, and that the test has few
([predictive.py](../benchmarks/evidence/predictive.py)). Of {counts}, predicted from replayed curves:

{chr(10).join(rows)}"""


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
    said = """The same candidates and plans on held-out photos, which they were made with, and on test photos. A package
leaves candidates out that a cheaper one matches; a branch-point's line is the mean of the apps that kept it:"""
    return f"{said}\n\n" + "\n".join(rows)


def ablations() -> str:
    """What each idea is worth."""
    data = read_figure("ablations")
    if data is None:
        return missing("What each idea is worth", "ablations")
    rows = ["| left out | " + " | ".join(f"{pool}: F1 lost" for pool in data["ideas"]) + " |"]
    rows.append("|---" * (1 + len(data["ideas"])) + "|")
    for idea in next(iter(data["ideas"].values()))["lost_without"]:
        lost = [interval(found["lost_without"][idea]) for found in data["ideas"].values()]
        rows.append(f"| {idea} | {' | '.join(lost)} |")
    counts = ", ".join(f"{found['workloads']} workloads of {pool}" for pool, found in data["ideas"].items())
    return f"""## What each idea is worth

Mean F1 of alerts lost without it, in the abstract's regime, {counts}, played; `{data["command"]}`. The
closed loop is simulated, on a node that is {data["slower"]:g} times slower than its profile says.

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
