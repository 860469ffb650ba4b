"""`make bench-neighbours`: what one tenant can do to another on a real cluster, and that it stops nobody.

Four honest apps on a real camera beside a tenant with a namespace, a bucket and the right to make VideoApps. QUICK=1
does each kind of harm once for as long as it takes, and leaves out the crowds and the definitions. With names as
arguments (kinds, hostile, thousands, definitions) only those rows are measured. Cluster and images are found or made as
for `make test-cluster`, packages trained or taken from MAINSTREAM_TEST_STORE; QUICK=1 takes its five minutes where both
are there already.
"""

import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from cluster_stage import open_stage
from neighbour_apps import Neighbours
from neighbour_stage import Outcome, do_harm, open_neighbours
from neighbour_watch import Alone, Seen
from rival import Rival
from rival_kinds import KINDS

from cluster.crowds import definitions_row, hostile_rows, thousands_rows
from common.harness import QUICK, Report, chosen

TOLD_S, SOON_S, END_S = 30.0, 10.0, 5.0
CLIP_S = 80.0
"""the camera shows the same clip again and again; alerts of two times are compared by whole ones"""
_PARTS = {
    "kinds": "each kind of harm alone",
    "hostile": "20 hostile apps of random kinds beside 4 honest ones for 10 min",
    "thousands": "10,000 apps by one tenant",
    "definitions": "9. definitions deleted and installed again",
}


def main(wanted: list[str]) -> int:
    """Measure, print, write; the exit code."""
    parts = chosen({name: name for name in _PARTS}, wanted)
    report = Report("neighbours", packages=("kopf", "kubernetes", "boto3"))
    with tempfile.TemporaryDirectory(prefix="mainstream-neighbours-") as folder, open_stage(Path(folder)) as stage:
        stage.kubectl("label", "node", stage.node, "mainstream.video/edge=true", "--overwrite")
        with open_neighbours(stage) as (neighbours, rival):
            _measure(neighbours, rival, report, parts)
    return report.write()


def _measure(neighbours: Neighbours, rival: Rival, report: Report, parts: list[str]) -> None:
    with neighbours.watched() as seen:
        time.sleep(20 if QUICK else 2 * CLIP_S)
    rate = None if QUICK else sum(seen.alerts.values()) / seen.seconds
    alone = Alone(neighbours.plan(), rate)
    report.details["alone"] = asdict(seen)
    harm = seen.harm(alone)
    report.row("nobody does harm: plan, rates, alerts delivered and signed", _seen(seen, harm), "all", not harm)
    for part in parts:
        if QUICK and part != "kinds":
            report.left_out(_PARTS[part], "see the long form", "takes minutes")
            continue
        try:
            _part(part, neighbours, rival, report, alone)
        except AssertionError as error:
            report.row(_PARTS[part], str(error)[:300], "the rows of it", False)
            rival.clear()


def _part(part: str, neighbours: Neighbours, rival: Rival, report: Report, alone: Alone) -> None:
    match part:
        case "kinds":
            _kinds_rows(neighbours, rival, report, alone)
        case "hostile":
            hostile_rows(neighbours, rival, report, alone)
        case "thousands":
            thousands_rows(neighbours, rival, report, alone)
        case "definitions":
            definitions_row(neighbours, report)


def _kinds_rows(neighbours: Neighbours, rival: Rival, report: Report, alone: Alone) -> None:
    outcomes: list[Outcome] = []
    for kind in KINDS:
        if QUICK and kind.name == "crowd":
            report.left_out(f"{kind.number}. {kind.what}", "as without it; told in 30 s", "takes a minute")
            continue
        target = f"as without it; told in {TOLD_S:g} s"
        try:
            outcome = do_harm(neighbours, rival, kind, alone, least_s=0 if QUICK else CLIP_S)
        except AssertionError as error:
            report.row(f"{kind.number}. {kind.what}", str(error)[:300], target, False)
            rival.clear()
            continue
        outcomes.append(outcome)
        report.details[kind.name] = asdict(outcome)
        told_s = outcome.told_s
        met = not outcome.harm and told_s is not None and told_s <= TOLD_S
        value = f"{_seen(outcome.seen, outcome.harm)}; told {'never' if told_s is None else f'after {told_s:.1f} s'}"
        report.row(f"{kind.number}. {kind.what}", value, target, met)
    new_s = max(each.new_ready_s for each in outcomes)
    report.row("under each of these: a neighbour's new app Ready, worst", f"{new_s:.1f} s", "10 s", new_s <= SOON_S)
    end_s = max(max(each.gone_s, each.last_alert_s) for each in outcomes)
    what = "under each of these: a neighbour's app deleted or suspended runs no more, worst"
    report.row(what, f"{end_s:.1f} s", f"{END_S:g} s", end_s <= END_S)


def _seen(seen: Seen, harm: list[str]) -> str:
    """In words: what was kept, or what was not."""
    frames, alerts = sum(seen.analysed.values()), sum(seen.alerts.values())
    return "; ".join(harm) or f"as planned, {frames} frames, none lost, {alerts} of {alerts} alerts"
