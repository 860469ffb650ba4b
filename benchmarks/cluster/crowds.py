"""Rows of `make bench-neighbours` that take long: a mixed crowd, ten thousand apps, definitions that go and come."""

import json
import random
import threading
import time
from dataclasses import asdict
from functools import partial

from cluster_stage import TENANT
from cluster_story import FIRST_READY_S
from cluster_tools import wait_for
from neighbour_apps import Neighbours
from neighbour_watch import Alone
from rival import RIVAL, Rival
from rival_kinds import any_app, publish_all

from common.harness import Report

HOSTILE, LASTING_S, CHANGE_S, NEW_EVERY_S = 20, 600.0, 5.0, 60.0
THOUSANDS = 10_000
TARGET_S, STATUS_S, END_S, BACK_S = 10.0, 30.0, 5.0, 30.0
LIMIT_MIB = 640.0
"""the operator's, in the chart"""
_SEED = 22
_KINDS = ("videoapps", "videostreams", "edgenodes")


def hostile_rows(neighbours: Neighbours, rival: Rival, report: Report, alone: Alone) -> None:
    """Twenty apps of random kinds, one of them another every few seconds, for ten minutes."""
    chance = random.Random(_SEED)  # noqa: S311 - not a secret
    publish_all(rival)
    ended = threading.Event()

    def change() -> None:
        rival.create(*(any_app(rival, f"any-{number:02}", chance) for number in range(HOSTILE)))
        while not ended.wait(CHANGE_S):
            name = f"any-{chance.randrange(HOSTILE):02}"
            rival.stage.kubectl("delete", "videoapp", name, "-n", RIVAL, "--ignore-not-found")
            rival.create(any_app(rival, name, chance))

    worker = threading.Thread(target=change, daemon=True)
    new_s, gone_s, alert_s = [], [], []
    with neighbours.watched() as seen:
        start_s = time.monotonic()
        worker.start()
        for number in range(int(LASTING_S / NEW_EVERY_S)):
            time.sleep(max(0.0, start_s + (number + 0.5) * NEW_EVERY_S - time.monotonic()))
            name = f"newcomer-{number}"
            new_s.append(neighbours.new_app(name, "lamp-post")[1])
            ends = neighbours.end_of(name, partial(rival.stage.kubectl, "delete", "videoapp", name, "-n", TENANT))
            gone_s.append(ends[0])
            alert_s.append(ends[1])
        time.sleep(max(0.0, start_s + LASTING_S - time.monotonic()))
        ended.set()
        worker.join(30)
    rival.clear()
    harm = seen.harm(alone)
    report.details["hostile"] = {**asdict(seen), "new_s": new_s, "gone_s": gone_s, "last_alert_s": alert_s}
    what = f"{HOSTILE} hostile apps of random kinds beside {len(neighbours.apps)} honest ones for {LASTING_S:.0f} s"
    frames, lost = sum(seen.analysed.values()), sum(seen.dropped.values())
    alerts = sum(seen.alerts.values())
    report.row(f"{what}: plan, rates and alerts", "; ".join(harm) or "as without them", "as without them", not harm)
    report.row(f"{what}: frames lost by the honest", f"{lost} of {frames + lost}", "0", not lost)
    value = f"{alerts - seen.undelivered} and {alerts - seen.unsigned} of {alerts}"
    report.row(f"{what}: alerts delivered, signed", value, "all", not seen.undelivered + seen.unsigned)
    oldest_s = seen.oldest_status_s
    report.row(f"{what}: oldest status", f"{oldest_s:.1f} s", f"{STATUS_S:g} s", oldest_s <= STATUS_S)
    report.row(
        f"{what}: honest new apps Ready, worst", f"{max(new_s):.1f} s", f"{TARGET_S:g} s", max(new_s) <= TARGET_S
    )
    worst_s = max(*gone_s, *alert_s)
    report.row(f"{what}: honest apps deleted, gone, worst", f"{worst_s:.1f} s", f"{END_S:g} s", worst_s <= END_S)


def thousands_rows(neighbours: Neighbours, rival: Rival, report: Report, alone: Alone) -> None:
    """Ten thousand apps of one tenant, and new ones of another's right after."""
    publish_all(rival)
    with neighbours.watched() as seen:
        start_s = time.monotonic()
        rival.create(*(rival.app(f"many-{number:05}", "same") for number in range(THOUSANDS)))
        lasted_s = time.monotonic() - start_s
        times = [neighbours.new_app(f"beside-{number}", "lamp-post", 600) for number in range(3)]
        place = ("delete", "videoapp", "-n", TENANT, *(f"beside-{number}" for number in range(3)))
        gone_s, _ = neighbours.end_of("beside-0", lambda: rival.stage.kubectl(*place))
        memory = neighbours.stage.operator_bytes() / 2**20
    harm = seen.harm(alone)
    what = f"{THOUSANDS} apps by one tenant in {lasted_s:.0f} s"
    report.details["thousands"] = {**asdict(seen), "new_s": times, "gone_s": gone_s, "memory_mib": memory}
    report.row(f"{what}: plan and rates of others", "; ".join(harm) or "as without them", "as without them", not harm)
    told_s, ready_s = (max(each) for each in zip(*times, strict=True))
    report.row(f"{what}: another's new app has a status, worst of 3", f"{told_s:.1f} s", "10 s", told_s <= TARGET_S)
    report.row(f"{what}: another's new app is Ready, worst of 3", f"{ready_s:.1f} s", "10 s", ready_s <= TARGET_S)
    report.row(f"{what}: another's deleted app is gone", f"{gone_s:.1f} s", f"{END_S:g} s", gone_s <= END_S)
    kept = memory <= LIMIT_MIB and not seen.restarts
    value = f"{memory:.0f} MiB, {seen.restarts} restarts"
    report.row(f"{what}: operator's working set", value, f"within {LIMIT_MIB:.0f} MiB", kept)
    rival.clear()


def definitions_row(neighbours: Neighbours, report: Report) -> None:
    """With definitions goes all that was declared: how soon an operator hears of what is declared after them."""
    stage = neighbours.stage
    names = [f"{plural}.mainstream.video" for plural in _KINDS]
    definitions = [json.loads(stage.kubectl("get", "crd", name, "-o", "json")) for name in names]
    stage.kubectl("delete", "crd", *names, "--timeout=60s")
    for body in definitions:
        known = body["metadata"]
        body["metadata"] = {key: known[key] for key in ("name", "labels", "annotations") if key in known}
        del body["status"]
    stage.apply(*definitions)
    stage.kubectl("wait", "--for=condition=Established", *(f"crd/{name}" for name in names), "--timeout=30s")
    start_s = time.monotonic()
    wait_for("discovery of them", lambda: _applied(neighbours), 30)
    first = neighbours.apps[0]
    wait_for("a status", lambda: (stage.get("videoapp", first) or {}).get("status", {}).get("conditions"), 300)
    told_s = time.monotonic() - start_s
    neighbours.settle_in(FIRST_READY_S)
    report.details["definitions_ready_s"] = time.monotonic() - start_s
    what = "9. definitions deleted and installed again: status of what is declared after"
    value = f"{told_s:.1f} s; all apps Ready after {report.details['definitions_ready_s']:.0f} s, on a new runner"
    report.row(what, value, f"{BACK_S:g} s", told_s <= BACK_S)


def _applied(neighbours: Neighbours) -> bool:
    try:
        neighbours.stage.apply_examples()
    except AssertionError:  # discovery takes a moment
        return False
    return True
