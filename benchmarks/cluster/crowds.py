"""Rows of `make bench-neighbours` that take long: a mixed crowd, ten thousand apps."""

import random
import threading
import time
from dataclasses import asdict
from functools import partial

from cluster_stage import TENANT
from neighbour_apps import Neighbours
from neighbour_watch import Alone, Seen
from rival import RIVAL, Rival
from rival_kinds import any_app, publish_all

from common.harness import Report

HOSTILE, LASTING_S, CHANGE_S, NEW_EVERY_S = 20, 600.0, 5.0, 60.0
THOUSANDS = 10_000
TARGET_S, STATUS_S, END_S = 10.0, 30.0, 5.0
LIMIT_MIB = 640.0
"""the operator's, in the chart"""
_SEED = 22


def hostile_rows(neighbours: Neighbours, rival: Rival, report: Report, alone: Alone) -> None:
    """Twenty hostile apps of random kinds, one of them another every few seconds, for ten minutes."""
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
    report.details["hostile"] = {**asdict(seen), "new_s": new_s, "gone_s": gone_s, "last_alert_s": alert_s}
    what = f"{HOSTILE} hostile apps of random kinds beside {len(neighbours.apps)} honest ones for {LASTING_S:.0f} s"
    _harm_row(report, f"{what}: plan, rates and alerts", seen, alone)
    frames, lost, alerts = (sum(each.values()) for each in (seen.analysed, seen.dropped, seen.alerts))
    report.row(f"{what}: frames lost by the honest", f"{lost} of {frames + lost}", "0", not lost)
    value = f"{alerts - seen.undelivered} and {alerts - seen.unsigned} of {alerts}"
    report.row(f"{what}: alerts delivered, signed", value, "all", not seen.undelivered + seen.unsigned)
    report.most(f"{what}: oldest status", seen.oldest_status_s, STATUS_S, "s")
    report.most(f"{what}: honest new apps Ready, worst", max(new_s), TARGET_S, "s")
    report.most(f"{what}: honest apps deleted, gone, worst", max(*gone_s, *alert_s), END_S, "s")


def thousands_rows(neighbours: Neighbours, rival: Rival, report: Report, alone: Alone) -> None:
    """Ten thousand apps of one tenant, and new ones of another's right after."""
    publish_all(rival)
    with neighbours.watched() as seen:
        start_s = time.monotonic()
        rival.create(*(rival.app(f"many-{number:05}", "same") for number in range(THOUSANDS)))
        lasted_s = time.monotonic() - start_s
        names = [f"beside-{number}" for number in range(3)]
        times = [neighbours.new_app(name, "lamp-post", 600) for name in names]
        end = partial(rival.stage.kubectl, "delete", "videoapp", "-n", TENANT, *names)
        gone_s, _ = neighbours.end_of(names[0], end)
        memory = neighbours.stage.operator_bytes() / 2**20
    what = f"{THOUSANDS} apps by one tenant in {lasted_s:.0f} s"
    report.details["thousands"] = {**asdict(seen), "new_s": times, "gone_s": gone_s, "memory_mib": memory}
    _harm_row(report, f"{what}: plan and rates of others", seen, alone)
    told_s, ready_s = (max(each) for each in zip(*times, strict=True))
    report.most(f"{what}: another's new app has a status, worst of 3", told_s, TARGET_S, "s")
    report.most(f"{what}: another's new app is Ready, worst of 3", ready_s, TARGET_S, "s")
    report.most(f"{what}: another's deleted app is gone", gone_s, END_S, "s")
    report.most(f"{what}: operator's working set", memory, LIMIT_MIB, "MiB", 0)
    rival.clear()


def _harm_row(report: Report, what: str, seen: Seen, alone: Alone) -> None:
    harm = seen.harm(alone)
    report.row(what, "; ".join(harm) or "as without them", "as without them", not harm)
