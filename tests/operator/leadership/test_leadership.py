"""Which of several operators writes: never two, never one that was away, and soon another where one is gone."""

import copy
from typing import Any

import pytest
from kubernetes import client
from operator_objects import edge_node_body, kubernetes_node_body, observed

from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.kinds import LEASE
from mainstream_operator.kube import Body, Kube, KubeError, NotLeadingError, Ref
from mainstream_operator.leadership.elector import Elector
from mainstream_operator.leadership.lease import DURATION_S, LEADS_FOR_S, RENEWED_EVERY_S
from mainstream_operator.metrics import Metrics, samples
from mainstream_operator.watch.cluster_state import ClusterState

REF = LEASE.ref("mainstream-operator", "mainstream")


class Server:
    """Leases as an API server keeps them: a write names the version that it replaces."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.lease: Body | None = None
        self.away: set[str] = set()
        self._version = 0

    def write(self, body: Body) -> None:
        self._version += 1
        self.lease = copy.deepcopy(body)
        self.lease["metadata"]["resourceVersion"] = str(self._version)


class Leases:
    """The way of one operator to it; `before_write` is what happens between its reading and its writing."""

    def __init__(self, server: Server, name: str) -> None:
        self.server, self.name = server, name
        self.before_write = lambda: None

    def get(self, ref: Ref) -> Body | None:
        self._reach()
        return copy.deepcopy(self.server.lease)

    def create(self, ref: Ref, body: Body) -> bool:
        self.before_write()
        self._reach()
        if self.server.lease is not None:
            return False
        self.server.write(body)
        return True

    def replace(self, ref: Ref, body: Body) -> bool:
        self.before_write()
        self._reach()
        lease = self.server.lease
        if lease is None or lease["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"]:
            return False
        self.server.write(body)
        return True

    def _reach(self) -> None:
        if self.name in self.server.away:
            raise KubeError(0, "no answer")


class Stage:
    def __init__(self) -> None:
        self.server = Server()
        self.told: list[tuple[str, bool]] = []
        self.leases = {name: Leases(self.server, name) for name in ("a", "b")}
        self.a, self.b = (self._elector(name) for name in ("a", "b"))

    def _elector(self, name: str) -> Elector:
        def told(leads: bool) -> None:
            self.told.append((name, leads))

        return Elector(self.leases[name], REF, name, told, lambda: self.server.now_s)

    def pass_s(self, seconds: float, *electors: Elector) -> None:
        """Time goes on, and these try as they do."""
        until_s = self.server.now_s + seconds
        while self.server.now_s < until_s:
            for each in electors:
                each.try_once()
            assert not (self.a.leads() and self.b.leads())
            self.server.now_s += RENEWED_EVERY_S


@pytest.fixture
def stage() -> Stage:
    return Stage()


def holder(stage: Stage) -> Any:
    assert stage.server.lease is not None
    return stage.server.lease["spec"]["holderIdentity"]


def test_one_leads_and_goes_on_leading(stage: Stage) -> None:
    stage.pass_s(120, stage.a, stage.b)
    assert stage.a.leads()
    assert stage.told == [("a", True)]
    stage.a.check()
    with pytest.raises(NotLeadingError, match="b does not hold"):
        stage.b.check()


def test_another_takes_over_within_fifteen_seconds_of_a_death(stage: Stage) -> None:
    stage.pass_s(20, stage.a, stage.b)
    died_s = stage.server.now_s
    while not stage.b.leads():
        stage.pass_s(RENEWED_EVERY_S, stage.b)
    assert stage.server.now_s - died_s <= 15
    assert stage.server.lease is not None
    assert stage.server.lease["spec"]["leaseTransitions"] == 2


def test_another_takes_over_at_once_where_the_lease_was_let_go(stage: Stage) -> None:
    stage.pass_s(20, stage.a, stage.b)
    stage.a.close()
    assert not stage.a.leads()
    stage.b.try_once()
    assert stage.b.leads()


def test_whoever_is_cut_off_stops_writing_before_another_begins(stage: Stage) -> None:
    stage.pass_s(20, stage.a, stage.b)
    stage.server.away.add("a")
    stage.pass_s(60, stage.a, stage.b)
    assert not stage.a.leads()
    assert stage.b.leads()
    assert stage.told == [("a", True), ("a", False), ("b", True)]
    stage.server.away.clear()
    stage.pass_s(30, stage.a, stage.b)
    assert stage.b.leads()


def test_whoever_is_held_up_for_a_minute_writes_nothing_when_it_goes_on(stage: Stage) -> None:
    stage.pass_s(20, stage.a, stage.b)
    stage.server.now_s += LEADS_FOR_S + 0.1
    with pytest.raises(NotLeadingError):
        stage.a.check()


def test_a_renewal_that_took_too_long_counts_for_nothing(stage: Stage) -> None:
    def slow() -> None:
        stage.server.now_s += DURATION_S

    stage.leases["a"].before_write = slow
    stage.a.try_once()
    assert holder(stage) == "a"
    assert not stage.a.leads()


def test_of_two_that_see_it_free_at_once_the_api_server_lets_one_have_it(stage: Stage) -> None:
    stage.pass_s(10, stage.a)
    stage.a.close()
    stage.leases["a"].before_write = stage.b.try_once
    stage.a.try_once()
    assert (stage.a.leads(), stage.b.leads()) == (False, True)


def test_a_clock_that_is_off_takes_nothing_and_keeps_nothing(stage: Stage) -> None:
    stage.pass_s(20, stage.a)
    assert stage.server.lease is not None
    for moment in ("1999-01-01T00:00:00.000000Z", "2199-01-01T00:00:00.000000Z"):
        stage.server.lease["spec"]["renewTime"] = moment
        stage.b.try_once()
        assert not stage.b.leads()
    stage.pass_s(DURATION_S + RENEWED_EVERY_S, stage.b)
    assert stage.b.leads()


def test_a_container_that_starts_anew_in_its_pod_goes_on_at_once(stage: Stage) -> None:
    stage.pass_s(20, stage.a, stage.b)
    again = Elector(stage.leases["a"], REF, "a", lambda _: None, lambda: stage.server.now_s)
    again.try_once()
    assert again.leads()
    assert stage.server.lease is not None
    assert stage.server.lease["spec"]["leaseTransitions"] == 1


def test_a_write_of_one_that_does_not_lead_never_leaves_it() -> None:
    kube = Kube.at(client.Configuration(host="http://127.0.0.1:9"), (0.2, 0.2), 0)

    def refuse() -> None:
        raise NotLeadingError("a does not hold the Lease")

    kube.check_before_writes(refuse)
    for write in (
        lambda: kube.create(REF, {}),
        lambda: kube.apply(REF, {}),
        lambda: kube.patch(REF, {}),
        lambda: kube.replace(REF, {}),
        lambda: kube.delete(REF, "uid"),
    ):
        with pytest.raises(NotLeadingError):
            write()
    with pytest.raises(KubeError, match="Error"):
        kube.get(REF)


def test_an_operator_that_does_not_lead_shows_nothing_of_nodes_that_may_be_old(cluster: ClusterState) -> None:
    metrics = Metrics()
    observation = observed(cluster)
    metrics.record(observation, decide(observation, KeptPlanning()))
    assert 'node_answers{node="n1"} 0.0' in metrics.text().decode()
    metrics.lead(False)
    text = metrics.text().decode()
    assert "{node=" not in text
    assert "mainstream_operator_leads 0.0" in text
    assert metrics.text_of("plaza") is None


def test_a_node_without_a_stream_has_no_runner_that_could_be_silent() -> None:
    idle = ClusterState()
    idle.note_kubernetes_node(kubernetes_node_body(), gone=False)
    idle.note_resource("EdgeNode", edge_node_body(), gone=False)
    observation = observed(idle)
    assert "node_answers" not in samples(observation, decide(observation, KeptPlanning()))
