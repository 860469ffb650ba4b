"""A cluster in memory for one node: an API server that fails when told to, watches, an operator that can restart."""

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from operator_objects import NOW, manifest

from mainstream.api import VideoApp
from mainstream_operator.announcing import Announcer
from mainstream_operator.desired.config_map import ordered_plan
from mainstream_operator.kube import Body, Kube, KubeError, Ref
from mainstream_operator.metrics import Metrics
from mainstream_operator.node_secrets import NodeSecrets
from mainstream_operator.observe import scene_of
from mainstream_operator.packages import PackageReader, PackageState
from mainstream_operator.planning import Planning
from mainstream_operator.publish import Publisher
from mainstream_operator.reconcile import reconcile
from mainstream_operator.reports import Reports
from mainstream_operator.settings import RunnerSettings, Settings
from mainstream_operator.tools import Tools
from mainstream_operator.world import World

_KINDS = {"videoapps": "VideoApp", "videostreams": "VideoStream", "edgenodes": "EdgeNode"}
_CHILDREN = {
    "deployments": "Deployment",
    "configmaps": "ConfigMap",
    "secrets": "Secret",
    "persistentvolumeclaims": "PersistentVolumeClaim",
}
NODE = "n1"


class FakeApi:
    """Objects by path; `fails` says of each call whether it fails, and whether it is done all the same."""

    def __init__(self) -> None:
        self.objects: dict[str, Body] = {}
        self.writes: list[str] = []
        self.fails: Callable[[], tuple[int, bool] | None] = lambda: None

    def get(self, ref: Ref) -> Body | None:
        self._maybe_fail(lambda: None)
        return copy.deepcopy(self.objects.get(ref.path))

    def create(self, ref: Ref, body: Body) -> bool:
        if ref.path in self.objects:
            return False
        self._maybe_fail(lambda: self._put(ref.path, copy.deepcopy(body)))
        return True

    def apply(self, ref: Ref, body: Body, *, subresource: str = "") -> Body | None:
        def do() -> None:
            known = self.objects.get(ref.path)
            if subresource:
                if known is None or known["metadata"]["uid"] != body["metadata"]["uid"]:
                    raise KubeError(404, "gone")
                self._put(ref.path, {**known, "status": copy.deepcopy(body["status"])})
            else:
                uid = (known or {}).get("metadata", {}).get("uid", f"uid-{len(self.writes)}")
                made = copy.deepcopy(body)
                made["metadata"]["uid"] = uid
                made["metadata"]["resourceVersion"] = str(len(self.writes))
                self._put(ref.path, made)

        self._maybe_fail(do)
        return copy.deepcopy(self.objects.get(ref.path))

    def annotate(self, ref: Ref, annotations: dict[str, str]) -> None:
        raise AssertionError("no pods here")

    def patch(self, ref: Ref, patch: Body) -> None:
        def do() -> None:
            for name in patch["data"]:
                self.objects[ref.path]["data"].pop(name, None)
            self.writes.append(ref.path)

        self._maybe_fail(do)

    def delete(self, ref: Ref, uid: str) -> None:
        self._maybe_fail(lambda: self._drop(ref.path))

    def _put(self, path: str, body: Body) -> None:
        self.objects[path] = body
        self.writes.append(path)

    def _drop(self, path: str) -> None:
        self.objects.pop(path, None)
        self.writes.append(path)

    def _maybe_fail(self, do: Callable[[], None]) -> None:
        failure = self.fails()
        if failure is None:
            do()
            return
        status, done = failure
        if done:
            do()
        raise KubeError(status, "not now")


class _Packages:
    """Packages that are always at hand, one version by name."""

    def __init__(self, hits: dict[str, float]) -> None:
        self.hits = hits

    def look_at_all(self, apps: Any, _node: str) -> dict[str, PackageState]:
        return {app.key: PackageState(manifest=_manifest(app, self.hits)) for app in apps}


def _manifest(app: VideoApp, hits: dict[str, float]) -> Any:
    return manifest(app.metadata.name, p=hits.get(app.metadata.name, 0.8))


class _NoEvents:
    def tell(self, _ref: Ref, _body: Body) -> None:
        pass


class FakeCluster:
    """What users and the operator do to it."""

    def __init__(self) -> None:
        self.api = FakeApi()
        self.hits: dict[str, float] = {}
        """of packages, by name: another number is another version"""
        self.moment: datetime = NOW
        self.restart()

    def restart(self) -> None:
        """An operator that remembers nothing."""
        self.world = World()
        kube = cast(Kube, self.api)
        self.tools = Tools(
            kube=kube,
            settings=Settings(namespace="mainstream", runner=RunnerSettings(image="localhost/runner:dev")),
            packages=cast(PackageReader, _Packages(self.hits)),
            planning=Planning(),
            reports=cast(Reports, None),
            secrets=NodeSecrets(kube, "mainstream"),
            publisher=Publisher(kube, cast(Announcer, _NoEvents())),
            metrics=Metrics(),
            now=lambda: self.moment,
        )
        self.seen: dict[str, tuple[str, Body]] = {}

    def watch(self) -> None:
        """Deliver what changed since."""
        now = {path: body for path, body in self.api.objects.items() if _kind(path) is not None}
        for path, (kind, body) in list(self.seen.items()):
            if path not in now:
                self._note(kind, body, gone=True)
                del self.seen[path]
        for path, body in now.items():
            kind = str(_kind(path))
            if self.seen.get(path) != (kind, body):
                self._note(kind, copy.deepcopy(body), gone=False)
                self.seen[path] = (kind, copy.deepcopy(body))

    def _note(self, kind: str, body: Body, *, gone: bool) -> None:
        if kind in _KINDS.values():
            self.world.note_resource(kind, body, gone=gone)
        elif kind == "Node":
            self.world.note_machine(body, gone=gone)
        else:
            self.world.note_child(kind, body, gone=gone)

    def reconcile(self) -> bool:
        """Once; false if it failed."""
        self.watch()
        self.moment += timedelta(seconds=1)
        try:
            reconcile(scene_of(self.world, NODE), self.tools)
        except KubeError:
            return False
        return True

    def settle(self) -> None:
        """Until nothing is written any more."""
        self.api.fails = lambda: None
        for _ in range(20):
            before = len(self.api.writes)
            assert self.reconcile()
            if len(self.api.writes) == before:
                return
        raise AssertionError("the operator keeps writing")

    def put(self, body: Body) -> None:
        """What a user applies: the status stays."""
        path = _path(body)
        known = self.api.objects.get(path)
        if known is not None and "spec" in body:
            generation = known["metadata"].get("generation", 1) + (known["spec"] != body["spec"])
            body = {**body, "status": known.get("status", {})}
            body["metadata"] = {**body["metadata"], "generation": generation}
        self.api.objects[path] = copy.deepcopy(body)

    def drop(self, body: Body) -> None:
        """What a user deletes."""
        self.api.objects.pop(_path(body), None)

    @property
    def orders_path(self) -> str:
        """Of the runner's ConfigMap."""
        return Ref("v1", "configmaps", f"runner-{NODE}", "mainstream").path

    def end_state(self) -> dict[str, Any]:
        """Everything that the operator decides: the plan, and what is said of each object, but for times."""
        statuses = {
            path: _timeless(body.get("status", {})) for path, body in self.api.objects.items() if "mainstream." in path
        }
        orders = self.api.objects.get(self.orders_path, {}).get("data")
        deployments = {path: body["spec"] for path, body in self.api.objects.items() if "/deployments/" in path}
        return {"orders": orders, "statuses": statuses, "deployments": deployments}

    def mean_f1(self) -> float:
        """Predicted mean of the plan that is rolled out."""
        node = self.api.objects[Ref("mainstream.video/v1alpha1", "edgenodes", NODE).path]
        plan = ordered_plan(self.api.objects.get(self.orders_path))
        return float(node["status"]["plan"]["meanF1"]) if plan is not None and plan.apps else 0.0


def _timeless(status: Any) -> Any:
    if isinstance(status, dict):
        skipped = ("lastTransitionTime", "since", "at", "observedGeneration")
        return {name: _timeless(value) for name, value in status.items() if name not in skipped}
    return [_timeless(each) for each in status] if isinstance(status, list) else status


def _path(body: Body) -> str:
    plurals = {kind: plural for plural, kind in (_KINDS | _CHILDREN).items()} | {"Node": "nodes"}
    metadata = body["metadata"]
    api = body.get("apiVersion", "v1")
    return Ref(api, plurals[body.get("kind", "Node")], metadata["name"], metadata.get("namespace")).path


def _kind(path: str) -> str | None:
    plural = path.rsplit("/", 2)[-2]
    return (_KINDS | _CHILDREN | {"nodes": "Node"}).get(plural)
