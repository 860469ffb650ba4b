"""Objects that make no sense, or are meant to harm."""

import time

from api_stage import ApiStage, store_secret
from fleet_run import PACKAGES, camera, metric, orders_of, throw
from hostile_specs import hostile_objects, special_objects

from common.harness import QUICK, Report

NUMBER = 300 if QUICK else 2000
AT_A_TIME = 250
RECONCILES = r"mainstream_operator_reconciles_total"
FAILED = r'mainstream_operator_reconciles_total\{outcome="failed"\}'
MOST_A_MINUTE = 60.0
"""reconciles of a node; one that is looked at because of a change a second is no hot loop"""
WATCHED_S = 20.0


def hostile_rows(stage: ApiStage, report: Report) -> None:
    """Throw them at one node, and look at the others; then stop, and look whether anything spins."""
    target, others = stage.nodes[-1], stage.nodes[:-1]
    neighbours = {node: orders_of(stage, node) for node in others}
    stage.apply(store_secret("guests"))
    store = {"endpoint": stage.store_url, "secretName": "store"}
    objects = hostile_objects(NUMBER, 5, "guests", camera(target), store, PACKAGES)
    objects += special_objects("guests", camera(target), store)
    rejected, accepted, strange, untold = 0, 0, [], []
    process = stage.operator.process
    for start in range(0, len(objects), AT_A_TIME):
        result = throw(stage, objects[start : start + AT_A_TIME], 120)
        rejected += result.rejected
        accepted += len(result.accepted)
        strange += result.strange
        untold += result.untold
    report.details["hostile"] = {"rejected": rejected, "accepted": accepted, "strange": strange, "untold": untold}
    value = f"{rejected} rejected, {accepted - len(untold)} told, {len(untold) + len(strange)} neither"
    what = f"{len(objects)} random and hostile specs"
    report.row(what, value, "each rejected or told", not untold and not strange)
    alive = stage.operator.alive() and stage.operator.process is process
    report.row(f"{what}: operator", "lives" if alive else "crashed", "no crash", alive)
    same = {node: orders_of(stage, node) for node in others} == neighbours
    report.row(f"{what}: orders of {len(others)} neighbours", "untouched" if same else "changed", "untouched", same)
    before = metric(stage, RECONCILES)
    time.sleep(WATCHED_S)
    objects_there = accepted + 6 * 7
    a_minute = (metric(stage, RECONCILES) - before) / WATCHED_S * 60
    report.details["reconciles_a_minute_after"] = a_minute
    report.details["failed_reconciles"] = metric(stage, FAILED)
    each = a_minute / objects_there
    report.row(
        f"{what}: reconciles per object and minute, after",
        f"{each:.2f} ({a_minute:.0f} in all)",
        f"bounded: at most {MOST_A_MINUTE:g} a node",
        a_minute <= MOST_A_MINUTE * (len(stage.nodes) + accepted),
    )
    stage.kubectl("delete", "namespace", "guests", "--timeout=120s")
    stage.kubectl("delete", "edgenodes", "-l", "hostile=true", "--timeout=60s")
