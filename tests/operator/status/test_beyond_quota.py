"""Apps beyond their namespace's quota: told once, beside all nodes, and then no work until something changes."""

import asyncio
from typing import Any, cast

import pytest
from operator_objects import NOW, app_body

from mainstream.api.conditions import Condition
from mainstream.api.model import Metadata
from mainstream.api.reasons import Reason
from mainstream.decide.admission.quotas import Quota, Quotas
from mainstream_operator.kube import KubeError
from mainstream_operator.status.beyond_quota import telling
from mainstream_operator.status.beyond_quota.telling import QuotaTelling
from mainstream_operator.status.conditions import condition_of
from mainstream_operator.status.statuses import ObjectStatus
from mainstream_operator.status.writing.status_writer import StatusWriter
from mainstream_operator.watch.cluster_state import ClusterState
from mainstream_operator.watch.handlers import resource_registry
from mainstream_operator.watch.worker import Workers


class Written:
    """Stands for the writer, and notes what it is given."""

    def __init__(self) -> None:
        self.statuses: dict[str, ObjectStatus] = {}
        self.order: list[str] = []
        self.with_events: set[str] = set()
        self.too_large: set[str] = set()

    def write_one(self, status: ObjectStatus, now: object, *, with_events: bool) -> None:
        key = f"{status.metadata.namespace}/{status.metadata.name}"
        self.order.append(key)
        if key in self.too_large:
            raise KubeError(413, "too large")
        self.statuses[key] = status
        if with_events:
            self.with_events.add(key)


class Stage:
    """The handlers, the nodes that they have looked after, and who is told."""

    def __init__(self, cluster: ClusterState, apps: int) -> None:
        self.cluster = cluster
        self.enqueued: set[str] = set()
        self.written = Written()
        quotas = Quotas(default=Quota(apps=apps))
        self.telling = QuotaTelling(cluster, quotas, cast(StatusWriter, self.written), lambda: NOW)
        registry = resource_registry(cluster, cast(Workers, self), quotas, self.telling.look_at)
        self._handlers = {str(each.id): cast(Any, each.fn) for each in registry._watching.get_all_handlers()}

    def enqueue(self, node: str) -> None:
        self.enqueued.add(node)

    def put(self, name: str, created: int, *, namespace: str = "plaza", gone: bool = False, **spec: object) -> set[str]:
        """An app is made, changed or deleted; the nodes that are looked after for it."""
        body = app_body(name, **spec)
        metadata = {"namespace": namespace, "creationTimestamp": f"2026-01-01T00:00:{created:02}Z"}
        known = self.cluster.apps.get(f"{namespace}/{name}")
        generation = 1 if known is None else (known.metadata.generation or 0) + 1
        body["metadata"] |= {**metadata, "uid": f"{namespace}-{name}", "generation": generation}
        self.enqueued = set()
        self._say("DELETED" if gone else "MODIFIED", body)
        return self.enqueued

    def tell(self) -> list[str]:
        """Whom it tells until there is nobody left, in order; each then says so, which the watch shows."""
        self.written.order = []

        async def some_time() -> None:
            task = asyncio.ensure_future(self.telling.keep_telling(lambda: True))
            await asyncio.sleep(0.3)
            task.cancel()

        asyncio.run(some_time())
        for key, status in self.written.statuses.items():
            if (app := self.cluster.apps.get(key)) is not None:
                self.cluster.apps[key] = app.model_copy(update={"status": status.after})
        return self.written.order

    def _say(self, kind: str, body: dict[str, Any]) -> None:
        asyncio.run(self._handlers["note-VideoApp"](event={"type": kind, "object": body}))


@pytest.fixture
def stage(cluster: ClusterState, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Two apps of the plaza's run, as many as it may have."""
    monkeypatch.setattr(telling, "_LEAST_REST_S", 0.001)
    monkeypatch.setattr(telling, "_FAILED_S", 0.01)
    made = Stage(cluster, 2)
    made.put("crossing", 1)
    made.put("lamp-post", 2)
    return made


def reasons(status: ObjectStatus) -> dict[str, tuple[str, str]]:
    return {each.type: (each.status, each.reason) for each in status.after.conditions}


def test_who_is_beyond_a_quota_is_told_once_and_no_node_is_looked_after_for_it(stage: Stage) -> None:
    assert stage.put("bench", 3) == set()
    assert stage.tell() == ["plaza/bench"]
    assert reasons(stage.written.statuses["plaza/bench"]) == {
        "Accepted": ("Unknown", "QuotaExceeded"),
        "Planned": ("False", "QuotaExceeded"),
        "Ready": ("False", "NotPlanned"),
        "Degraded": ("Unknown", "NotRunning"),
    }
    assert stage.tell() == []
    assert stage.put("bench", 3, votes=2) == set()
    assert stage.tell() == ["plaza/bench"], "of another spec it is told anew"
    assert stage.put("bench", 3, gone=True) == set()
    assert stage.tell() == []


def test_who_is_let_in_or_pushed_out_by_another_has_its_node_looked_after(stage: Stage) -> None:
    stage.put("bench", 3)
    assert stage.put("crossing", 1, suspend=True) == {"n1"}
    assert stage.tell() == [], "the one that waited is let in"
    assert stage.put("gate", 4, objective={"weight": 2}) == {"n1"}
    assert stage.tell() == ["plaza/bench"]


def test_only_who_was_planned_until_now_has_an_event_recorded(stage: Stage) -> None:
    app = stage.cluster.apps["plaza/lamp-post"]
    ready = app.status.model_copy(update={"conditions": [planned(app.metadata)]})
    stage.cluster.apps[app.key] = app.model_copy(update={"status": ready})
    stage.put("gate", 4, objective={"weight": 2})
    stage.put("bench", 5)
    assert stage.tell() == ["plaza/bench", "plaza/lamp-post"]
    assert stage.written.with_events == {"plaza/lamp-post"}


def planned(metadata: Metadata) -> Condition:
    return Condition(
        type="Planned",
        status="True",
        reason=Reason.FITS,
        message="It fits.",
        last_transition_time=NOW,
        observed_generation=metadata.generation,
    )


def test_namespaces_take_turns_and_of_each_the_newest_comes_first(stage: Stage) -> None:
    for number in range(4):
        stage.put(f"app-{number}", 10 + number)
    for number in range(3):
        stage.put(f"app-{number}", 10 + number, namespace="harbour")
    told = stage.tell()
    assert told[:3] == ["plaza/app-3", "harbour/app-2", "plaza/app-2"]
    assert sorted(told) == ["harbour/app-2", *(f"plaza/app-{number}" for number in range(4))]


def test_a_status_that_cannot_be_written_keeps_nobody_waiting(stage: Stage) -> None:
    for number in range(3):
        stage.put(f"app-{number}", 10 + number)
    stage.written.too_large = {"plaza/app-2"}
    assert stage.tell()[:4] == ["plaza/app-2", "plaza/app-1", "plaza/app-0", "plaza/app-2"]


def test_a_suspended_app_beyond_the_quota_is_as_its_spec_says(stage: Stage) -> None:
    for number in range(3):
        stage.put(f"app-{number}", 10 + number, suspend=True)
    assert stage.tell() == ["plaza/app-2"]
    told = condition_of(stage.written.statuses["plaza/app-2"].after.conditions, "Ready")
    assert told is not None
    assert (told.status, told.reason) == ("True", "Suspended")
