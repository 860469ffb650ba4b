"""What others break of what the operator owns, and objects that make no sense or are meant to harm.

Operators that die, or are away, are the tests' (tests/cluster/api/test_leaders.py, test_api.py).
"""

import json
import time
from typing import Any

from api_stage import ApiStage, seconds_until
from fleet_run import children_of, hostile_crowd, metric, orders_of, owned_leaves, pointer, throw, value_at

from common.harness import QUICK, Report
from mainstream_operator.kube import Ref
from mainstream_operator.names import FIELD_MANAGER

HOSTILE, AT_A_TIME = 300 if QUICK else 2000, 250
RECONCILES = "mainstream_operator_reconciles_total"
MOST_A_MINUTE = 60.0
"""reconciles of a node; one that is looked at because of a change a second is no hot loop"""
WATCHED_S = 20.0


def drift_row(stage: ApiStage, report: Report) -> None:
    """Every owned field of every child, and every child as a whole."""
    took_s: dict[str, float | None] = {}
    for kind, place in children_of(stage.nodes[0]).items():
        for path in owned_leaves(stage.kube.get(place) or {}, FIELD_MANAGER):
            took_s[f"{kind} {pointer(path)}"] = _repaired_s(stage, kind, place, path)
        before = stage.kube.get(place) or {}
        stage.kube.delete(place, before["metadata"]["uid"])
        took_s[f"{kind} deleted"] = seconds_until(f"new {kind}", lambda place=place: stage.kube.get(place), 30, 0.02)
    repaired = [each for each in took_s.values() if each is not None]
    refused = len(took_s) - len(repaired)
    report.details["drift_s"] = took_s
    what = f"drift: {len(repaired)} edits and deletions by another ({refused} the API server refused), slowest repair"
    report.most(what, max(repaired), 2, "s", 2)


def _repaired_s(stage: ApiStage, kind: str, place: Ref, path: list[str]) -> float | None:
    """Change a field: how long until it is as it was; None where the API server refuses the change."""
    wanted = value_at(stage.kube.get(place), path)
    patch = json.dumps([{"op": "replace", "path": pointer(path), "value": _other(wanted)}])
    try:
        stage.kubectl("patch", kind, place.name, "-n", place.namespace or "", "--type=json", "-p", patch)
    except AssertionError:
        return None
    try:
        return seconds_until("repair", lambda: value_at(stage.kube.get(place), path) == wanted, 30, 0.02)
    except AssertionError:
        return float("inf")


def _other(value: Any) -> Any:
    """Something of the same kind that is not it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return {"Always": "Never", "IfNotPresent": "Always", "Recreate": "RollingUpdate"}.get(value, f"{value}x"[-60:])


def hostile_rows(stage: ApiStage, report: Report) -> None:
    """Throw objects at one node, and look at the others; then stop, and look whether anything spins."""
    others = stage.nodes[:-1]
    neighbours = {node: orders_of(stage, node) for node in others}
    objects, process = hostile_crowd(stage, stage.nodes[-1], HOSTILE, seed=5), stage.operator.process
    thrown = [throw(stage, objects[at : at + AT_A_TIME], 120) for at in range(0, len(objects), AT_A_TIME)]
    rejected, accepted = sum(each.rejected for each in thrown), sum(len(each.accepted) for each in thrown)
    strange, untold = [one for each in thrown for one in each.strange], [one for each in thrown for one in each.untold]
    what = f"{len(objects)} random and hostile specs"
    value = f"{rejected} rejected, {accepted - len(untold)} told, {len(untold) + len(strange)} neither"
    report.row(what, value, "each rejected or told", not untold and not strange)
    alive = stage.operator.alive() and stage.operator.process is process
    report.row(f"{what}: operator", "lives" if alive else "crashed", "no crash", alive)
    same = {node: orders_of(stage, node) for node in others} == neighbours
    report.row(f"{what}: orders of {len(others)} neighbours", "untouched" if same else "changed", "untouched", same)
    before = metric(stage, RECONCILES)
    time.sleep(WATCHED_S)
    a_minute = (metric(stage, RECONCILES) - before) / WATCHED_S * 60
    failed = metric(stage, rf'{RECONCILES}\{{outcome="failed"\}}')
    report.details["hostile"] = {"strange": strange, "untold": untold, "failed_reconciles": failed}
    most = MOST_A_MINUTE * (len(stage.nodes) + accepted)
    report.most(f"{what}: after them, with {accepted} objects more", a_minute, most, "reconciles a minute", 0)
    stage.kubectl("delete", "namespace", "guests", "--timeout=120s")
    stage.kubectl("delete", "edgenodes", "-l", "hostile=true", "--timeout=60s")
