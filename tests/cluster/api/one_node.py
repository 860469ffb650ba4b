"""One node on a real API server: what users and strangers do to it, and an operator that is asked to look, once at a
time, reads everything anew each time, and can forget all it knows.
"""

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

from api_stage import SYSTEM, ApiStage, seconds_of
from cluster_tools import wait_for
from failing_client import FailingClient, Fails, never
from fleet_objects import API, app, edge_node, package, stream
from fleet_run import children_of, ref, timeless
from kubernetes import client, config

from mainstream.api import VideoApp
from mainstream.decide.inputs import PackageState
from mainstream.mpackage.manifest import Manifest
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.kinds import CONFIG_MAP, DEPLOYMENT, GUARD, SECRET, Kind
from mainstream_operator.kube import Body, Kube, KubeError, Ref
from mainstream_operator.metrics import Metrics
from mainstream_operator.names import NODE_LABEL
from mainstream_operator.observe.node_secrets import NodeSecrets
from mainstream_operator.observe.observe import Sources
from mainstream_operator.observe.option_tables import OptionTables
from mainstream_operator.observe.orders import given_plan
from mainstream_operator.observe.packages import PackageReader
from mainstream_operator.observe.status_reports import StatusReports
from mainstream_operator.reconcile import reconcile
from mainstream_operator.settings import Settings
from mainstream_operator.status.writing.event_recorder import EventRecorder
from mainstream_operator.status.writing.status_writer import StatusWriter
from mainstream_operator.tools import Tools
from mainstream_operator.watch.cluster_state import ClusterState
from mainstream_operator.watch.resync import fill
from mainstream_operator.watch.snapshot import take_snapshot

NODE, TENANT = "n1", "plaza"
STREAM = f"{SYSTEM}/camera"
ORDERS = children_of(NODE)["ConfigMap"]
NAMES = ("crossing", "lamp-post", "path-left", "road-right", "bench")
"""of apps; not in the order of the alphabet, so that age and name do not say the same"""
_MACHINE = Ref("v1", "nodes", NODE)
_EDGE_NODE = Ref(API, "edgenodes", NODE)
_RESOURCES = ("videoapps", "videostreams", "edgenodes")
_CHILDREN = (DEPLOYMENT, CONFIG_MAP, SECRET, GUARD)
_GONE_S = 20.0
_LOOKS = 20
"""after which an operator that still writes is taken to write for ever"""


class _Tables:
    """All there at once."""

    def predicting(self, _apps: object, _node: str) -> frozenset[str]:
        return frozenset()


class _Packages:
    """Packages that are always at hand: a store that answers at once, whatever the operator remembers."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self._numbers = numbers

    def read_all(self, apps: Iterable[VideoApp], _node: str) -> dict[str, PackageState]:
        return {each.key: PackageState(manifest=_package(self._number(each.metadata.name))) for each in apps}

    def _number(self, name: str) -> int:
        return self._numbers.get(name, NAMES.index(name))


@cache
def _package(number: int) -> Manifest:
    return package(number)


class OneNode:
    """What users and the operator do to it."""

    def __init__(self, stage: ApiStage) -> None:
        self._stage = stage
        self._users = stage.kube
        self._kubelet = client.CoreV1Api(client.ApiClient(_client_configuration(stage.kubeconfig)))
        configuration = _client_configuration(stage.operator.kubeconfig)
        self._client = FailingClient(configuration)
        self._operators = Kube.at(configuration)
        self._recorder = EventRecorder(self._operators)
        self._settings = Settings.model_validate_json(stage.operator.settings.read_text(encoding="utf-8"))
        self._moment = datetime.now(UTC).replace(microsecond=0)
        self._numbers: dict[str, int] = {}
        labels = {"mainstream.video/edge": "true", "kubernetes.io/hostname": NODE}
        self._users.create(_MACHINE, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": labels}})
        self.restart()

    def close(self) -> None:
        """Leave nothing behind but the API server."""
        self._recorder.close()
        self._tools.sources.reports.close()

    # What users, strangers and misfortune do

    def declare(self, budget: float, costs: dict[str, float]) -> None:
        """A cluster with nothing in it but a node and its camera; what was before is gone."""
        self._clear()
        self._numbers.clear()
        self.restart()
        self._put_node(self.edge_node(budget, costs))

    def edge_node(self, budget: float, costs: dict[str, float]) -> Body:
        """The node with a declared profile."""
        return edge_node(NODE, STREAM, budget=budget, switchingCosts=costs)

    def app(self, name: str, weight: float = 1, minimum: float = 0, suspend: bool = False) -> Body:
        """An app on the node's camera."""
        objective = {"weight": weight, "minimum": minimum}
        number = NAMES.index(name)
        return app(name, TENANT, STREAM, number, self._stage.store_url, objective=objective, suspend=suspend)

    def put(self, body: Body) -> None:
        """Create an object, or give it this spec."""
        if self._users.patch(ref(body), {"spec": body["spec"]}) is None:
            self._users.create(ref(body), body)

    def drop(self, body: Body) -> None:
        """Delete an object."""
        self._delete(ref(body))

    def train(self, name: str, number: int) -> None:
        """Another version of an app's package, under the same tag."""
        self._numbers[name] = number

    def refuse(self, path: str) -> None:
        """The API server refuses the operator to write there; nowhere where empty."""
        self._client.refused = path

    def ready(self, is_ready: bool) -> None:
        """The kubelet comes, or goes."""
        condition = {
            "type": "Ready",
            "status": "True" if is_ready else "False",
            "reason": "Told",
            "message": "By the test.",
            # Kubernetes takes a kubelet that was not heard of for 50 s for one that is gone.
            "lastHeartbeatTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        self._kubelet.patch_node_status(NODE, {"status": {"conditions": [condition]}})

    def edit_orders(self) -> None:
        """A stranger changes what the runner is told."""
        self._users.patch(ORDERS, {"data": {"strange": "{}"}, "binaryData": {"strange.gz": "AAAA"}})

    def delete_orders(self) -> None:
        """A stranger deletes what the runner is told."""
        self._delete(ORDERS)

    def fail(self, fails: Fails) -> None:
        """Have the operator's calls fail from now on."""
        self._client.fails = fails

    # What the operator does

    def restart(self) -> None:
        """An operator that remembers nothing."""
        kube = Kube(self._client)
        self._tools = Tools(
            kube=kube,
            settings=self._settings,
            sources=Sources(
                kube=kube,
                packages=cast(PackageReader, _Packages(self._numbers)),
                tables=cast(OptionTables, _Tables()),
                reports=StatusReports(lambda _node: None),
                secrets=NodeSecrets(kube, SYSTEM),
                host_rules=lambda: self._settings.host_rules,
                now=lambda: self._moment,
            ),
            planning=KeptPlanning(),
            status_writer=StatusWriter(kube, self._recorder),
            metrics=Metrics(),
        )

    def reconcile(self) -> bool:
        """Once, from what exists now; false if it failed."""
        cluster = ClusterState()
        asyncio.run(fill(cluster, self._operators, SYSTEM))
        self._moment += timedelta(seconds=1)
        try:
            reconcile(take_snapshot(cluster, NODE), self._tools)
        except KubeError:
            return False
        return True

    def settle(self) -> None:
        """Until the operator, whose calls all succeed again, asks for no write any more."""
        self.fail(never)
        for _ in range(_LOOKS):
            before = self.writes
            assert self.reconcile()
            if self.writes == before:
                return
        raise AssertionError(f"the operator keeps writing: {self._client.writes[-5:]}")

    # What came of it

    @property
    def writes(self) -> int:
        """That the operator asked the API server for so far."""
        return len(self._client.writes)

    def orders(self) -> dict[str, str]:
        """What the runner is told."""
        return dict((self._users.get(ORDERS) or {}).get("binaryData") or {})

    def ordered_apps(self) -> set[str]:
        """Keys of the apps that the runner is to run."""
        plan = given_plan(each for each in [self._users.get(ORDERS)] if each is not None)
        return set() if plan is None else {app.name for app in plan.apps}

    def reason(self, plural: str, name: str, condition: str) -> str | None:
        """Of a condition of an object of the tenant's, or of the EdgeNode."""
        where = Ref(API, plural, name, None if plural == "edgenodes" else TENANT)
        conditions = ((self._users.get(where) or {}).get("status") or {}).get("conditions") or []
        return next((each["reason"] for each in conditions if each["type"] == condition), None)

    def end_state(self) -> dict[str, Any]:
        """Everything that the operator decides: the plan, and what is said of each object, but for times."""
        statuses = {f"{plural} {_key(each)}": timeless(each.get("status", {})) for plural, each in self._resources()}
        deployment = self._users.get(children_of(NODE)["Deployment"])
        return {"orders": self.orders(), "statuses": statuses, "deployment": (deployment or {}).get("spec")}

    def mean_f1(self) -> float:
        """Predicted mean of the plan that is rolled out."""
        node = self._users.get(_EDGE_NODE)
        assert node is not None
        return float(node["status"]["plan"]["meanF1"]) if self.ordered_apps() else 0.0

    def begin_again(self) -> None:
        """Delete everything, declare the same at once, apps as old beside each other as they were, and settle."""
        apps = sorted((each for plural, each in self._resources() if plural == "videoapps"), key=_age)
        node = self._users.get(_EDGE_NODE)
        assert node is not None
        self._clear()
        self.restart()
        self._put_node(_bare(node))
        younger_than = ("", "")
        for each in apps:
            if _key(each) < younger_than[1]:
                # Of two created in one second, the name decides: the one that was younger has to be again.
                self.wait_for_next_second(younger_than[0])
            self.put(_bare(each))
            made = self._users.get(ref(_bare(each)))
            assert made is not None
            younger_than = _age(made)
        again = sorted((each for plural, each in self._resources() if plural == "videoapps"), key=_age)
        assert [_key(each) for each in again] == [_key(each) for each in apps]
        self.settle()

    def wait_for_next_second(self, after: str | None = None) -> None:
        """Until what is created is younger than what was created at `after`, or until now."""
        end_s = (time.time() if after is None else seconds_of(after)) // 1 + 1
        time.sleep(max(0.0, end_s - time.time()))

    def _put_node(self, node: Body) -> None:
        self.ready(True)
        where, _, name = STREAM.partition("/")
        self.put(stream(name, where, NODE))
        self.put(node)

    def _clear(self) -> None:
        """Delete everything, children too: whatever collects garbage takes its time."""
        self.fail(never)
        for plural, each in self._resources():
            self._delete(Ref(API, plural, each["metadata"]["name"], each["metadata"].get("namespace")))
        for kind in _CHILDREN:
            for each in self._children(kind):
                self._delete(kind.ref(each["metadata"]["name"], SYSTEM))
        wait_for("an empty cluster", self._is_empty, _GONE_S, 0.02)

    def _is_empty(self) -> bool:
        return not self._resources() and not any(self._children(kind) for kind in _CHILDREN)

    def _resources(self) -> list[tuple[str, Body]]:
        return [(plural, each) for plural in _RESOURCES for each in self._users.list_all(f"/apis/{API}/{plural}")]

    def _children(self, kind: Kind) -> list[Body]:
        return self._users.list_all(kind.path(SYSTEM), label=NODE_LABEL)

    def _delete(self, place: Ref) -> None:
        there = self._users.get(place)
        if there is not None:
            self._users.delete(place, there["metadata"]["uid"])


def _client_configuration(kubeconfig: Path) -> client.Configuration:
    configuration = client.Configuration()
    config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    return configuration


def _bare(body: Body) -> Body:
    """What a user declared of an object. A list leaves out what it is a list of."""
    known = body["metadata"]
    metadata = {name: known[name] for name in ("name", "namespace") if name in known}
    return {"apiVersion": API, "kind": body.get("kind", "VideoApp"), "metadata": metadata, "spec": body["spec"]}


def _key(body: Body) -> str:
    return f"{body['metadata'].get('namespace', '')}/{body['metadata']['name']}"


def _age(body: Body) -> tuple[str, str]:
    """The order in which apps of equal weight are asked: the older first, then by name."""
    return body["metadata"]["creationTimestamp"], _key(body)
