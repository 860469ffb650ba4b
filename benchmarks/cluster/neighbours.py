"""`make bench-neighbours`: what one tenant can do to another on a real cluster, and that it stops nobody.

Four honest apps on a real camera beside a tenant with a namespace, a bucket and the right to make VideoApps. QUICK=1
does each kind of harm once for as long as it takes, and leaves out the crowds. Cluster and images are found or made as
for `make test-cluster`, packages trained or taken from MAINSTREAM_TEST_STORE; QUICK=1 takes its five minutes where both
are there already.
"""

import time
from dataclasses import asdict

from neighbour_apps import Neighbours
from neighbour_stage import Outcome, do_harm, open_neighbours
from neighbour_watch import Alone, Seen
from rival import Rival
from rival_kinds import KINDS

from cluster.bench import edge_stage
from cluster.crowds import END_S, TARGET_S, hostile_rows, thousands_rows
from common.harness import QUICK, Report, chosen

TOLD_S = 30.0
CLIP_S = 80.0
"""the camera shows the same clip again and again; alerts of two times are compared by whole ones"""


def main(wanted: list[str]) -> int:
    """Measure the wanted parts, all on one stage, print, write; the exit code."""
    parts, report = chosen(PARTS, wanted), Report("neighbours")
    with edge_stage() as stage, open_neighbours(stage) as (neighbours, rival):
        alone = _alone(neighbours, report)
        for name in parts:
            part, what = PARTS[name], str(PARTS[name].__doc__)
            if QUICK and name != "kinds":
                report.left_out(what, "see the long form", "takes minutes")
                continue
            try:
                part(neighbours, rival, report, alone)
            except AssertionError as error:
                report.row(what, str(error)[:300], "the rows of it", False)
                rival.clear()
    return report.write()


def _alone(neighbours: Neighbours, report: Report) -> Alone:
    with neighbours.watched() as seen:
        time.sleep(20 if QUICK else 2 * CLIP_S)
    rate = None if QUICK else sum(seen.alerts.values()) / seen.seconds
    alone = Alone(neighbours.plan(), rate)
    report.details["alone"] = asdict(seen)
    harm = seen.harm(alone)
    report.row("nobody does harm: plan, rates, alerts delivered and signed", _seen(seen, harm), "all", not harm)
    return alone


def _kinds_rows(neighbours: Neighbours, rival: Rival, report: Report, alone: Alone) -> None:
    """Each kind of harm alone."""
    outcomes: list[Outcome] = []
    for kind in KINDS:
        what, target = f"{kind.number}. {kind.what}", f"as without it; told in {TOLD_S:g} s"
        if QUICK and kind.name == "crowd":
            report.left_out(what, target, "takes a minute")
            continue
        try:
            outcome = do_harm(neighbours, rival, kind, alone, least_s=0 if QUICK else CLIP_S)
        except AssertionError as error:
            report.row(what, str(error)[:300], target, False)
            rival.clear()
            continue
        outcomes.append(outcome)
        report.details[kind.name] = asdict(outcome)
        told_s = outcome.told_s
        met = not outcome.harm and told_s is not None and told_s <= TOLD_S
        value = f"{_seen(outcome.seen, outcome.harm)}; told {'never' if told_s is None else f'after {told_s:.1f} s'}"
        report.row(what, value, target, met)
    what = "under each of these: a neighbour's new app Ready, worst"
    report.most(what, max(each.new_ready_s for each in outcomes), TARGET_S, "s")
    what = "under each of these: a neighbour's app deleted or suspended runs no more, worst"
    report.most(what, max(max(each.gone_s, each.last_alert_s) for each in outcomes), END_S, "s")


def _seen(seen: Seen, harm: list[str]) -> str:
    """In words: what was kept, or what was not."""
    frames, alerts = sum(seen.analysed.values()), sum(seen.alerts.values())
    return "; ".join(harm) or f"as planned, {frames} frames, none lost, {alerts} of {alerts} alerts"


PARTS = {"kinds": _kinds_rows, "hostile": hostile_rows, "thousands": thousands_rows}
