"""Honest apps and a rival on one stage, and one kind of harm done beside them."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cluster_stage import BUDGET, CHART, TENANT, Stage
from cluster_story import APPS, FIRST_READY_S, FOURTH, begin_story, set_budget
from cluster_tools import wait_for
from neighbour_apps import HONEST, Neighbours
from neighbour_watch import Alone, Seen
from rival import RIVAL, Rival, open_rival
from rival_kinds import Kind

AMPLE = 0.9
"""of a core: enough for all that is honest, so that what a rival rightly takes changes nobody's plan"""
SHARE = 0.2
"""of it, which the rival's namespace may have"""
_QUOTAS = {RIVAL: {"apps": 100, "budgetShare": SHARE}}
_LET_IN = (f"tenants={{{TENANT},{RIVAL}}}", f"quotas.namespaces={json.dumps(_QUOTAS)}")
_LOOKS_EVERY_S = 0.5
_GIVE_UP_S = 120.0


@dataclass
class Outcome:
    """What one kind of harm came to."""

    seen: Seen
    told_s: float | None = None
    """until the rival was told; None where it was not"""
    new_told_s: float = 0.0
    """until a neighbour's new app had a status"""
    new_ready_s: float = 0.0
    gone_s: float = 0.0
    """until an app that was deleted or suspended ran no more"""
    last_alert_s: float = 0.0
    """until its last alert"""
    harm: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    """what the rival's apps said instead, where it was not told"""


@contextmanager
def open_neighbours(stage: Stage) -> Iterator[tuple[Neighbours, Rival]]:
    """Let a rival in beside honest apps on a stage that has packages; in the end all is as it was."""
    begin_story(stage)
    # The chart's Role in a tenant's namespace needs the namespace.
    stage.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": RIVAL}})
    stage.upgrade(CHART, *_LET_IN)
    set_budget(stage, AMPLE)
    neighbours = Neighbours(stage, tuple(HONEST))
    neighbours.settle_in(FIRST_READY_S)
    with open_rival(stage, FOURTH) as rival:
        yield neighbours, rival
        rival.clear()
    stage.kubectl("delete", "videoapp", "-n", TENANT, *(name for name in HONEST if name not in APPS))
    stage.apply_examples()
    set_budget(stage, BUDGET)
    stage.upgrade(CHART, f"tenants={{{TENANT}}}")
    stage.kubectl("delete", "namespace", RIVAL, "--timeout=120s")
    for name in APPS:
        stage.wait_condition("videoapp", name, "Ready", "True", timeout_s=120)


def do_harm(neighbours: Neighbours, rival: Rival, kind: Kind, alone: Alone, *, least_s: float = 0.0) -> Outcome:
    """Do it, look on for `least_s` at least, make and end a neighbour's app meanwhile, and tidy up."""
    kind.prepare(rival)
    with neighbours.watched() as seen:
        outcome, start_s = Outcome(seen), time.monotonic()
        kind.begin(rival)
        looking = threading.Thread(target=_look, args=(kind, rival, outcome), daemon=True)
        looking.start()
        if kind.told_first:
            looking.join()
        name = f"new-{kind.name}"
        outcome.new_told_s, outcome.new_ready_s = neighbours.new_app(name, kind.new_package, _GIVE_UP_S)
        place = ("videoapp", name, "-n", TENANT)
        suspend = ("patch", *place, "--type=merge", "-p", '{"spec": {"suspend": true}}')
        end = suspend if kind.number % 2 else ("delete", *place)
        outcome.gone_s, outcome.last_alert_s = neighbours.end_of(name, lambda: rival.stage.kubectl(*end))
        looking.join()
        time.sleep(max(0.0, least_s - (time.monotonic() - start_s)))
    outcome.harm = seen.harm(alone)
    rival.stage.kubectl("delete", "videoapp", name, "-n", TENANT, "--ignore-not-found")
    rival.clear()
    wait_for("orders without the rival", lambda: not rival.ordered(), _GIVE_UP_S, _LOOKS_EVERY_S)
    return outcome


def _look(kind: Kind, rival: Rival, outcome: Outcome) -> None:
    start_s = time.monotonic()
    while time.monotonic() < start_s + _GIVE_UP_S:
        if kind.is_told(rival):
            outcome.told_s = time.monotonic() - start_s
            return
        time.sleep(_LOOKS_EVERY_S)
    outcome.said = {" ".join(name): reason for name, reason in rival.reasons().items() if name[0] in kind.told}
