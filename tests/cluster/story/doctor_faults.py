"""What a platform team gets wrong, planted on a real cluster, and how `kubectl mainstream doctor` is to name it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from cluster_stage import CHART, EXAMPLES, SYSTEM, TENANT, Stage
from cluster_story import patch_spec
from cluster_tools import ROOT, wait_for

GHOST = "ghost"
"""a node in name alone"""
_OPERATOR = "deployment/mainstream-operator"
_BINDING = ("rolebinding", "mainstream-operator", "-n", SYSTEM)
_DEFINITION = "videoapps.mainstream.video"
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True)
class Named:
    """How one fault is named."""

    about: str
    """how the line begins"""
    problem: str
    way_out: str

    def is_in(self, lines: list[str]) -> bool:
        """Whether one line of the doctor's names it, and what to do."""
        return any(
            line.startswith(f"- {self.about}")
            and self.problem in line
            and self.way_out in line.partition("Way out:")[2]
            for line in lines
        )


WITH_OPERATOR = (
    Named(f"VideoApp {TENANT}/no-package", "PackageMissing", "publish it, or correct"),
    Named(f"VideoApp {TENANT}/no-store", "StoreUnreachable", "endpoint"),
    Named(f"VideoApp {TENANT}/no-keys", "SecretMissing", "create it"),
    Named(f"VideoStream {TENANT}/silent", "NotAnswering", "check the"),
    Named(f"Node {GHOST}", "is not ready", "kubelet"),
    Named(f"Node {GHOST}", "clock about", "NTP"),
    Named("pod stray", "ErrImageNeverPull", "load the image"),
    Named("PersistentVolumeClaim stray", "has no volume yet (class nowhere)", "storageclass"),
)
"""what an operator, a runner or Kubernetes says of it while all run"""
WITHOUT_OPERATOR = (
    Named("Deployment mainstream-operator", "is scaled to 0", "--replicas=1"),
    Named("Deployment mainstream-operator", "is version 0.0.9", "the same version"),
    Named("ServiceAccount mainstream-operator", "may not", "helm upgrade"),
    Named(f"definition {_DEFINITION}", "does not know spec.dryRun", "helm upgrade"),
    Named("node ", "has no token", "operator"),
)
"""what only somebody who looks from outside can say"""


def doctor(stage: Stage, kubeconfig: Path | None = None) -> list[str]:
    """What `kubectl mainstream doctor` finds, as kubectl runs it; a line each."""
    path = f"{Path(sys.executable).parent}:{ROOT / 'out' / 'tools'}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "KUBECONFIG": str(kubeconfig or stage.cluster.kubeconfig)}
    command = ["kubectl", "mainstream", "doctor"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    lines = [line for line in done.stdout.splitlines() if line.startswith("- ")]
    assert done.returncode == bool(lines), (done.returncode, done.stdout, done.stderr)
    return lines


def account_without_rights(stage: Stage, folder: Path) -> Path:
    """A kubeconfig of somebody who may see nothing."""
    content = yaml.safe_load(stage.cluster.kubeconfig.read_text(encoding="utf-8"))
    token = stage.kubectl("create", "token", "default", "-n", TENANT).strip()
    content["users"] = [{"name": each["name"], "user": {"token": token}} for each in content["users"]]
    file = folder / "nobody.conf"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


class Faults:
    """Planted in two steps, and mended by the doctor's own ways out."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._secret: dict[str, Any] = {}
        self._definition: dict[str, Any] = {}

    def plant_while_all_run(self) -> None:
        """Apps, a camera, a machine, a pod and a volume that cannot be."""
        stage = self._stage
        # By its label the stream would have two nodes as soon as there is a second.
        patch_spec(stage, "videostream", "plaza", {"spec": {"node": {"name": stage.node, "selector": None}}})
        silent = yaml.safe_load((EXAMPLES / "stream.yaml").read_text(encoding="utf-8"))
        silent["metadata"]["name"] = "silent"
        silent["spec"] |= {"url": "rtsp://camera.plaza.svc:8553/none", "node": {"name": stage.node}}
        good = stage.package("crossing")
        stage.apply(
            silent,
            stage.app("on-silent", package=good, stream={"name": "silent", "view": "walkways"}),
            stage.app("no-package", package=stage.package("no-such")),
            stage.app("no-store", package=stage.package("crossing", endpoint="http://s3.plaza.svc:9")),
            stage.app("no-keys", package=stage.package("crossing", secretName="nobody")),
            *_ghost(),
            *_strays(stage),
        )

    def plant_without_operator(self) -> None:
        """What the operator would put right at once, and what keeps it from working."""
        stage = self._stage
        name = f"runner-{stage.node}"
        self._secret = stage.get("secret", name, SYSTEM) or {}
        self._definition = stage.get("crd", _DEFINITION, None) or {}
        stage.kubectl("scale", _OPERATOR, "-n", SYSTEM, "--replicas=0")
        pods = ("pods", "-n", SYSTEM, "-l", "app.kubernetes.io/name=mainstream-operator")
        stage.kubectl("wait", "--for=delete", *pods, "--timeout=60s")
        stage.kubectl("label", _OPERATOR, "-n", SYSTEM, "app.kubernetes.io/version=0.0.9", "--overwrite")
        stage.kubectl("delete", *_BINDING)
        stage.kubectl("patch", "secret", name, "-n", SYSTEM, "--type=merge", "-p", '{"data": {"token": null}}')
        field = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/dryRun"
        patch = json.dumps([{"op": "remove", "path": field}])
        stage.kubectl("patch", "crd", _DEFINITION, "--type=json", "-p", patch)

    def mend(self) -> None:
        """Put the token and the definition back, and let `helm upgrade` do the rest."""
        stage = self._stage
        stage.kubectl("delete", "videoapp", "-n", TENANT, "on-silent", "no-package", "no-store", "no-keys")
        stage.kubectl("delete", "videostream", "-n", TENANT, "silent")
        stage.kubectl("delete", "-n", SYSTEM, "pod/stray", "persistentvolumeclaim/stray", "--grace-period=0")
        stage.kubectl("delete", f"node/{GHOST}", f"edgenode/{GHOST}")
        stage.kubectl("delete", "lease", GHOST, "-n", "kube-node-lease", "--ignore-not-found")
        if self._definition:
            schema = json.dumps({"spec": {"versions": self._definition["spec"]["versions"]}})
            stage.kubectl("patch", "crd", _DEFINITION, "--type=merge", "-p", schema)
            token = json.dumps({"data": {"token": self._secret["data"]["token"]}})
            secret = self._secret["metadata"]["name"]
            stage.kubectl("patch", "secret", secret, "-n", SYSTEM, "--type=merge", "-p", token)
            stage.upgrade(CHART)
        by_label = {"name": None, "selector": {"mainstream.video/edge": "true"}}
        patch_spec(stage, "videostream", "plaza", {"spec": {"node": by_label}})


def named_by(stage: Stage, faults: tuple[Named, ...], timeout_s: float) -> list[str]:
    """What the doctor says once it names all of these."""
    said: list[str] = []

    def all_named() -> bool:
        said[:] = doctor(stage)
        return all(each.is_in(said) for each in faults)

    try:
        wait_for("word of every fault", all_named, timeout_s, 1)
    except AssertionError as error:
        missing = [each for each in faults if not each.is_in(said)]
        raise AssertionError(f"{error}: {missing} are not in {said}") from None
    return said


def _ghost() -> list[dict[str, Any]]:
    """A Node that no kubelet stands behind, whose lease was renewed by a clock that is ahead."""
    renewed = (datetime.now(UTC) + _AHEAD).isoformat(timespec="microseconds").replace("+00:00", "Z")
    labels = {"mainstream.video/edge": "true"}
    return [
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": GHOST, "labels": labels}},
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": GHOST, "namespace": "kube-node-lease"},
            "spec": {"holderIdentity": GHOST, "leaseDurationSeconds": 40, "renewTime": renewed},
        },
    ]


def _strays(stage: Stage) -> list[dict[str, Any]]:
    """A pod whose image nobody loaded, and a claim of a class that nobody serves."""
    container = {
        "name": "stray",
        "image": "localhost/never-built:dev",
        "imagePullPolicy": "Never",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    claim = {
        "storageClassName": "nowhere",
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    }
    metadata = {"name": "stray", "namespace": SYSTEM}
    pod = {"nodeName": stage.node, "containers": [container]}
    return [
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": claim},
    ]
