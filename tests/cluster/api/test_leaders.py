"""Two operators beside a real API server: the one that leads is killed, or cut off, while everything changes.

`LEADER_KILLS` and `LEADER_CUT_S` of the environment say how often and for how long: `make bench-platform` asks for
twenty and for a minute.
"""

import json
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from api_stage import ApiStage, OperatorProcess, open_api_stage
from cluster_tools import MissingToolError, wait_for
from fleet_run import children_of, declare_fleet, fleet_app, ref, wait_planned, wait_still
from leaders import Way, another, child_writes, holder

pytestmark = pytest.mark.timeout(900)
KILLS = int(os.environ.get("LEADER_KILLS", "2"))
CUT_S = float(os.environ.get("LEADER_CUT_S", "20"))
"""longer than the Lease lasts"""
APPS = 4
TAKE_OVER_S = 30.0
"""twice what is promised, as tests/operator/leadership/test_leadership.py holds by the clock: others may be busy"""
_STILL_S = 3.0
_LATE_S = 10.0
_SETTLED_S = 60.0
_STARTED_S = 180.0
"""on a busy machine, of which a start takes a minute"""


@dataclass
class Pair:
    """Two operators, one of which reaches the API server by a way that can be cut."""

    stage: ApiStage
    operators: dict[str, OperatorProcess]
    way: Way

    def leader(self) -> str:
        """The one that holds the Lease, if it runs."""
        name = holder(self.stage.kube)
        return name if name in self.operators and self.operators[name].alive() else ""

    def stands_by(self, name: str) -> bool:
        """Whether it has seen everything, and waits for the Lease: it listens from then on."""
        port = json.loads(self.operators[name].settings.read_text(encoding="utf-8"))["healthPort"]
        with socket.socket() as probe:
            return self.operators[name].alive() and probe.connect_ex(("127.0.0.1", port)) == 0

    def change(self, node: str, index: int, weight: float) -> None:
        """Give an app another weight, so that its node is planned anew."""
        self.stage.kube.patch(ref(fleet_app(self.stage, node, index)), {"spec": {"objective": {"weight": weight}}})

    def settle(self) -> dict[str, Any]:
        """What it comes to: every app was told of its last spec, and nothing moves."""
        return wait_still(self.stage, self.stage.nodes, APPS, still_s=_STILL_S, timeout_s=_SETTLED_S, every_s=0.3)

    def runners(self) -> dict[str, tuple[str, int]]:
        """Every runner's Deployment, with how often it was changed."""
        found = {}
        for node in self.stage.nodes:
            body = self.stage.kube.get(children_of(node)["Deployment"])
            assert body is not None
            found[node] = (body["metadata"]["uid"], body["metadata"]["generation"])
        return found


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two nodes with four apps each, planned by one of two operators."""
    folder = tmp_path_factory.mktemp("leaders")
    free = {"candidate": 0, "rate": 0}
    try:
        with open_api_stage(folder, simulated=2, tenants=("tenant-a", "tenant-b"), audit=True) as stage:
            declare_fleet(stage, APPS, switchingCosts=free, budget=0.3)
            second, first = another(stage, "second"), stage.operator
            way = Way(first.kubeconfig, folder / "way.kubeconfig")
            first.name, first.kubeconfig = "first", folder / "way.kubeconfig"
            found = Pair(stage, {"first": first, "second": second}, way)
            try:
                first.start()
                wait_for("the first to lead", lambda: found.leader() == "first", _STARTED_S)
                second.start()
                wait_planned(stage, APPS * len(stage.nodes), 90)
                yield found
            finally:
                second.kill()
                way.close()
    except MissingToolError as missing:
        pytest.skip(str(missing))


def test_a_leader_that_is_killed_again_and_again_leads_to_the_same_end_and_nothing_is_written_twice(
    pair: Pair, record_testsuite_property: Callable[[str, object], None]
) -> None:
    took_s = list[float]()
    chance = random.Random(26)  # noqa: S311 - not a secret
    wait_for("both", lambda: all(pair.stands_by(name) for name in pair.operators), _STARTED_S)
    pair.settle()
    before = pair.runners()
    for number in range(KILLS):
        node, round_s = pair.stage.nodes[number % 2], time.time()
        pair.change(node, chance.randrange(APPS), round(chance.uniform(0.2, 3), 3))
        time.sleep(chance.uniform(0, 1.5))
        dead = pair.leader()
        pair.operators[dead].kill()
        killed_s = time.monotonic()
        wait_for("another leader", lambda dead=dead: pair.leader() not in ("", dead), TAKE_OVER_S)
        took_s.append(time.monotonic() - killed_s)
        print(f"kill {number + 1}: {dead} died, another led after {took_s[-1]:.1f} s")
        pair.operators[dead].start()
        wait_for("the killed one to stand by", lambda dead=dead: pair.stands_by(dead), _STARTED_S)
        pair.settle()
        assert pair.stage.audit_log is not None
        assert not {part: n for part, n in child_writes(pair.stage.audit_log, round_s).items() if n > 1}
    assert pair.runners() == before, "a runner was restarted"
    assert_end_follows_from_what_is_declared(pair)
    record_testsuite_property("killed: another led after", f"{min(took_s):.1f} to {max(took_s):.1f} s, {KILLS} times")


def test_a_leader_that_is_cut_off_harms_nothing_when_it_is_back(
    pair: Pair, record_testsuite_property: Callable[[str, object], None]
) -> None:
    if pair.leader() != "first":
        pair.operators["second"].kill()
        wait_for("the first to lead", lambda: pair.leader() == "first", TAKE_OVER_S)
        pair.operators["second"].start()
    wait_for("both", lambda: all(pair.stands_by(name) for name in pair.operators), _STARTED_S)
    pair.settle()
    before, round_s = pair.runners(), time.time()
    node = pair.stage.nodes[0]
    with pair.way.cut():
        cut_s = time.monotonic()
        pair.change(node, 0, 2.222)
        wait_for("another leader", lambda: pair.leader() == "second", TAKE_OVER_S)
        led_s = time.monotonic() - cut_s
        print(f"cut off: another led after {led_s:.1f} s")
        planned = pair.settle()
        time.sleep(max(0.0, CUT_S - (time.monotonic() - cut_s)))
    # What was sent before the cut arrives now.
    time.sleep(_LATE_S)
    assert pair.leader() == "second"
    assert pair.settle() == planned
    assert pair.runners() == before
    assert pair.stage.audit_log is not None
    assert not {part: n for part, n in child_writes(pair.stage.audit_log, round_s).items() if n > 1}
    assert_end_follows_from_what_is_declared(pair)
    record_testsuite_property(f"cut off for {CUT_S:.0f} s: another led after", f"{led_s:.1f} s")


def assert_end_follows_from_what_is_declared(pair: Pair) -> None:
    """An operator that remembers nothing, and finds no orders, comes to the same."""
    reached = pair.settle()
    for each in pair.operators.values():
        each.kill()
    for node in pair.stage.nodes:
        place = children_of(node)["ConfigMap"]
        body = pair.stage.kube.get(place)
        assert body is not None
        pair.stage.kube.delete(place, body["metadata"]["uid"])
    for name in ("first", "second"):
        pair.operators[name].start()
    wait_for("a leader", pair.leader, TAKE_OVER_S + _SETTLED_S)
    assert pair.settle() == reached
