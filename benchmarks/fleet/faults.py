"""What others break of what the operator owns, and how soon it is whole again.

Operators that die, or are away, are the tests' (tests/cluster/api/test_leaders.py, test_api.py).
"""

import json
from typing import Any

from api_stage import ApiStage, seconds_until
from fleet_run import (
    children_of,
    owned_leaves,
    pointer,
    value_at,
)

from common.harness import Report
from mainstream_operator.kube import Ref
from mainstream_operator.names import FIELD_MANAGER

LIMIT_S = 2.0


def drift_row(stage: ApiStage, report: Report) -> None:
    """Every owned field of every child, and every child as a whole."""
    node = stage.nodes[0]
    times: dict[str, float] = {}
    refused: list[str] = []
    for kind, place in children_of(node).items():
        body = stage.kube.get(place) or {}
        for path in owned_leaves(body, FIELD_MANAGER):
            _edit(stage, kind, place, path, times, refused)
        before = stage.kube.get(place) or {}
        stage.kube.delete(place, before["metadata"]["uid"])
        times[f"{kind} deleted"] = seconds_until(f"new {kind}", lambda place=place: stage.kube.get(place), 30, 0.02)
    report.details["drift_s"] = times
    report.details["edits_refused_by_the_api_server"] = refused
    worst = max(times.values())
    what = f"drift: {len(times)} edits and deletions by another ({len(refused)} the API server refused), slowest repair"
    report.row(what, f"{worst:.2f} s", f"{LIMIT_S:g} s", worst <= LIMIT_S)


def _edit(stage: ApiStage, kind: str, place: Ref, path: list[str], times: dict[str, float], refused: list[str]) -> None:
    wanted = value_at(stage.kube.get(place), path)
    where = f"{kind} {pointer(path)}"
    patch = [{"op": "replace", "path": pointer(path), "value": _other(wanted)}]
    try:
        namespace = ("-n", place.namespace or "")
        stage.kubectl("patch", kind, place.name, *namespace, "--type=json", "-p", json.dumps(patch))
    except AssertionError:
        refused.append(where)
        return
    looked = f"{where} put right"
    try:
        times[where] = seconds_until(looked, lambda: value_at(stage.kube.get(place), path) == wanted, 30, 0.02)
    except AssertionError:
        times[where] = float("inf")


def _other(value: Any) -> Any:
    """Something of the same kind that is not it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return {"Always": "Never", "IfNotPresent": "Always", "Recreate": "RollingUpdate"}.get(value, f"{value}x"[-60:])
