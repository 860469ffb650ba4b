"""A tenant that means harm: a namespace and a bucket of its own, the right to make VideoApps, and nothing else."""

import json
import socket
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from cluster_outside import KEYS, service
from cluster_stage import TENANT, Stage
from cluster_story import ordered_plan
from fleet_run import ref
from rival_packages import Manifest, canonical

from mainstream.mpackage.layout import blob_key, manifest_key
from mainstream.mpackage.manifest import Blob
from mainstream.mpackage.manifest import Manifest as Published
from mainstream.mpackage.stores.s3_store import S3Store

RIVAL = "rival"
BUCKET = "rival-packages"
SILENT_PORT, DRIPPING_PORT = 9101, 9102
SILENT_URL, DRIPPING_URL = f"http://silent.{RIVAL}.svc:{SILENT_PORT}", f"http://dripping.{RIVAL}.svc:{DRIPPING_PORT}"
_APPS = f"/apis/mainstream.video/v1alpha1/namespaces/{RIVAL}/videoapps"
_DRIP_S = 5.0
_ANNOUNCED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
_MOST_BYTES = 1 << 24
_AT_A_TIME = 8
_CLEARED_IN = 8
"""calls of a minute each"""


@dataclass(frozen=True)
class Rival:
    """What it can do."""

    stage: Stage
    packages: S3Store
    good: Manifest
    """of a package of the neighbour's that it has come by"""

    def publish(self, manifest: Manifest) -> None:
        """Put a package's manifest into its own bucket; its blobs are there if they are those of the good one."""
        self.packages.put(manifest_key(manifest["name"], manifest["version"]), canonical(manifest), replace=True)

    def publish_blobs(self) -> None:
        """Those of the good package."""
        self._copy(Published.model_validate(self.good).blobs)

    def publish_curves(self) -> None:
        """Those of the good package: with them it can be planned, and run only with weights that are not there."""
        candidates = Published.model_validate(self.good).candidates
        self._copy(candidate.curve for candidate in candidates if candidate.curve is not None)

    def _copy(self, blobs: Iterable[Blob]) -> None:
        neighbours = self.stage.outside.packages
        for blob in blobs:
            self.packages.put(blob_key(blob), neighbours.read(blob_key(blob), blob.size_bytes), replace=True)

    def app(self, name: str, package: str | None = None, endpoint: str | None = None, **spec: Any) -> dict[str, Any]:
        """An app on the neighbour's camera."""
        body = self.stage.app(name, **spec)
        body["metadata"]["namespace"] = RIVAL
        body["spec"]["stream"]["namespace"] = TENANT
        body["spec"]["package"] = {
            "reference": f"s3://{BUCKET}/apps/{package or name}@{self.good['version']}",
            "store": {"endpoint": endpoint or self.stage.outside.store_url, "secretName": "store"},
        }
        body["spec"].setdefault("rates", [0.1])
        if "sinks" not in spec:
            body["spec"]["sinks"] = []
        return body

    def create(self, *apps: dict[str, Any]) -> None:
        """Many at once, as fast as the API server takes them."""
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            list(pool.map(lambda body: self.stage.kube.create(ref(body), body), apps))

    def clear(self) -> None:
        """Delete all of its apps: of ten thousand the API server deletes some in a minute, and ends the call then."""
        for _ in range(_CLEARED_IN):
            with suppress(AssertionError):
                self.stage.kubectl("delete", "--raw", _APPS)
                return
        raise AssertionError(f"the rival's apps are not deleted after {_CLEARED_IN} calls")

    def reasons(self) -> dict[tuple[str, str], str]:
        """By app and condition: the reason, where there is one."""
        bodies = self.stage.kube.list_all(_APPS)
        return {
            (body["metadata"]["name"], each["type"]): each["reason"]
            for body in bodies
            for each in body.get("status", {}).get("conditions", [])
        }

    def ordered(self) -> list[str]:
        """Its apps that the runner is told to run."""
        plan = ordered_plan(self.stage)
        return [app.name for app in (() if plan is None else plan.apps) if app.name.startswith(f"{RIVAL}/")]


@contextmanager
def open_rival(stage: Stage, good: str) -> Iterator[Rival]:
    """Give it its keys, a bucket and two bad stores; it has come by the manifest of the neighbour's package `good`, and
    the neighbour's camera is for it, too. Its namespace is there.
    """
    keys = {"AWS_ACCESS_KEY_ID": KEYS.access_key_id, "AWS_SECRET_ACCESS_KEY": KEYS.secret_access_key}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "store", "namespace": RIVAL}}
    host = stage.cluster.host
    stage.apply(
        {**secret, "stringData": keys},
        *service("silent", SILENT_PORT, host, RIVAL),
        *service("dripping", DRIPPING_PORT, host, RIVAL),
    )
    shared = json.dumps({"spec": {"allowedNamespaces": [RIVAL]}})
    stage.kubectl("patch", "videostream", "plaza", "-n", TENANT, "--type=merge", "-p", shared)
    with suppress(stage.outside.client.exceptions.BucketAlreadyOwnedByYou):
        stage.outside.client.create_bucket(Bucket=BUCKET)
    manifest = json.loads(stage.outside.packages.read(f"{good}/1/manifest.json", _MOST_BYTES))
    with ExitStack() as stack:
        for port, drips in ((SILENT_PORT, False), (DRIPPING_PORT, True)):
            stack.enter_context(_bad_store(host, port, drips=drips))
        yield Rival(stage, S3Store(f"s3://{BUCKET}/apps", stage.outside.client), manifest)


@contextmanager
def _bad_store(host: str, port: int, *, drips: bool) -> Iterator[None]:
    """It takes every connection, and then says nothing, or a byte now and then."""
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if drips:
                connection.recv(1 << 16)
                connection.sendall(_ANNOUNCED)
            while not ended.wait(_DRIP_S):
                if drips:
                    connection.sendall(b" ")

    def accept() -> None:
        while not ended.is_set():
            with suppress(OSError):
                connection, _ = listening.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server((host, port), backlog=128) as listening:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield
        finally:
            ended.set()
