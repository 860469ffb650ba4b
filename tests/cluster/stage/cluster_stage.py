"""Everything that a test on a cluster needs, set up once: cluster, images, what stands outside, namespaces, kubectl."""

import base64
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from cluster_images import build_images
from cluster_outside import CAMERA_URL, STORE_URL, Outside, open_outside, secrets, services
from cluster_provider import Cluster, open_cluster
from cluster_tools import ROOT, run, tool, wait_for
from kubernetes import client, config

from mainstream.messages.runner_orders import ADMIN_PORT, REPORT_PATH, TOKEN_FILE, TOKEN_HEADER
from mainstream.messages.status_report import StatusReport
from mainstream_operator.kinds import CONFIG_MAP, DEPLOYMENT, OWN_KINDS, POD, SECRET
from mainstream_operator.kube import Kube, KubeError

SYSTEM, TENANT = "mainstream", "plaza"
EXAMPLES = ROOT / "examples" / "plaza" / "kubernetes"
CHART = ROOT / "charts" / "mainstream"
BUDGET = 0.3
"""of the EdgeNode: little enough that apps compete, as in the example"""
_KINDS = {kind.name.lower(): kind for kind in (CONFIG_MAP, DEPLOYMENT, SECRET, *OWN_KINDS.values())}
"""those that tests wait for, which are asked of the API server without a process each time"""


@dataclass
class Stage:
    """A cluster, ready to be told something."""

    cluster: Cluster
    outside: Outside
    images: dict[str, Path]
    node: str
    kube: Kube

    def kubectl(self, *words: str | Path, stdin: str | None = None) -> str:
        """Run kubectl."""
        return run(tool("kubectl", packed="kube"), "--kubeconfig", self.cluster.kubeconfig, *words, stdin=stdin)

    def helm(self, *words: str | Path) -> str:
        """Run helm."""
        return run(tool("helm"), "--kubeconfig", self.cluster.kubeconfig, "--namespace", SYSTEM, *words)

    def install(self, budget: float = BUDGET, *values: str, tenants: Sequence[str] = (TENANT,)) -> None:
        """Install the chart, and wait until the operator is up."""
        values = (f"tenants={{{','.join(tenants)}}}", f"edgeNode.spec.budget={budget}", *values)
        self.helm("install", "mainstream", CHART, "--wait", "--timeout", "2m", *_set(values))

    def upgrade(self, chart: Path, *values: str) -> None:
        """Upgrade the release to a chart, its values kept but for some."""
        more = ("--reset-then-reuse-values", "--wait", "--timeout", "2m")
        self.helm("upgrade", "mainstream", chart, *more, *_set(values))

    def apply(self, *objects: dict[str, Any]) -> None:
        """`kubectl apply` of objects."""
        self.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def get(self, kind: str, name: str, namespace: str | None = TENANT) -> dict[str, Any] | None:
        """An object, or None."""
        if kind in _KINDS:
            return self.kube.get(_KINDS[kind].ref(name, namespace))
        where = ("--namespace", namespace) if namespace else ()
        text = self.kubectl("get", kind, name, "--ignore-not-found", "-o", "json", *where)
        return json.loads(text) if text.strip() else None

    def condition(self, kind: str, name: str, type_: str, namespace: str | None = TENANT) -> tuple[str, str, str]:
        """Status, reason and message of a condition; all empty where it is not stated."""
        body = self.get(kind, name, namespace) or {}
        for each in body.get("status", {}).get("conditions", []):
            if each["type"] == type_:
                return each["status"], each["reason"], each["message"]
        return "", "", ""

    def wait_condition(
        self,
        kind: str,
        name: str,
        type_: str,
        status: str,
        reason: str | None = None,
        *,
        tenant: str = TENANT,
        timeout_s: float = 60,
    ) -> str:
        """Wait until a condition is so; its message."""
        namespace = None if kind == "edgenode" else tenant

        def look() -> str | None:
            is_, why, message = self.condition(kind, name, type_, namespace)
            return message if is_ == status and reason in (None, why) else None

        try:
            return wait_for(f"{kind} {name} with {type_}={status} {reason or ''}", look, timeout_s, 0.5)
        except AssertionError as error:
            raise AssertionError(f"{error}; it says {self.get(kind, name, namespace)}") from None

    def apply_examples(self) -> None:
        """`kubectl apply` of the example; with other addresses where store and camera are somebody's own."""
        if (self.outside.store_url, self.outside.camera_url) == (STORE_URL, CAMERA_URL):
            self.kubectl("apply", "-f", EXAMPLES)
            return
        for file in sorted(EXAMPLES.glob("*.yaml")):
            text = file.read_text(encoding="utf-8").replace(STORE_URL, self.outside.store_url)
            self.kubectl("apply", "-f", "-", stdin=text.replace(CAMERA_URL, self.outside.camera_url))

    def app(self, name: str, **spec: Any) -> dict[str, Any]:
        """A VideoApp like those of the example."""
        first = next(yaml.safe_load_all((EXAMPLES / "apps.yaml").read_text(encoding="utf-8")))
        body: dict[str, Any] = json.loads(json.dumps(first))
        body["metadata"]["name"] = name
        body["spec"] |= spec
        return body

    def package(self, name: str, **store: Any) -> dict[str, Any]:
        """Where an app's package lies."""
        access = {"endpoint": self.outside.store_url, "secretName": "store", **store}
        return {"reference": f"s3://packages/plaza/{name}@1", "store": access}

    def runner_pod(self) -> dict[str, Any]:
        """The runner's pod; one that is going away is none any more."""
        found = self.kube.list_all(POD.path(SYSTEM), "app.kubernetes.io/name=mainstream-runner")
        pods = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
        return max(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    def token(self) -> str:
        """What the runner's admin port asks for."""
        secret = self.get("secret", f"runner-{self.node}", SYSTEM)
        assert secret is not None
        return base64.b64decode(secret["data"][TOKEN_FILE]).decode()

    def report(self, pod: str, token: str) -> StatusReport | None:
        """What the runner tells."""
        try:
            answer = self.kube.proxy(SYSTEM, pod, ADMIN_PORT, REPORT_PATH, {TOKEN_HEADER: token})
        except KubeError:
            return None
        return StatusReport.model_validate_json(answer)

    def operator_bytes(self) -> int:
        """Working set of the operator's pod, as the kubelet has it."""
        text = self.kubectl("get", "--raw", f"/api/v1/nodes/{self.node}/proxy/stats/summary")
        pods = [pod for pod in json.loads(text)["pods"] if pod["podRef"]["name"].startswith("mainstream-operator-")]
        return int(max(pod["memory"]["workingSetBytes"] for pod in pods))

    def publish(self, store: Path) -> None:
        """Copy a folder's packages, manifests last: a package without one does not exist."""
        files = [path for path in store.rglob("*") if path.is_file() and not path.name.startswith(".")]
        for path in sorted(files, key=lambda path: path.name == "manifest.json"):
            self.outside.packages.put(str(path.relative_to(store)), path.read_bytes(), replace=True)

    def train(self, *apps: str) -> None:
        """Run the trainer Job for these apps, and wait for it; or take the packages of MAINSTREAM_TEST_STORE."""
        if "MAINSTREAM_TEST_STORE" in os.environ:
            self.publish(Path(os.environ["MAINSTREAM_TEST_STORE"]))
            return
        job = yaml.safe_load((ROOT / "trainer-job" / "job.yaml").read_text(encoding="utf-8"))
        container = job["spec"]["template"]["spec"]["containers"][0]
        left_out = "--app="
        container["args"] = [each for each in container["args"] if not each.startswith(left_out)]
        container["args"] = [each.replace(STORE_URL, self.outside.store_url) for each in container["args"]]
        # Micro-heads alone: fine-tuned candidates prove nothing more here, and take minutes.
        container["args"] += ["--quick", *(f"--app={app}" for app in apps)]
        self.apply(job)
        name = job["metadata"]["name"]

        def done() -> bool:
            status = (self.get("job", name) or {}).get("status", {})
            logs = self.kubectl("logs", "-n", TENANT, f"job/{name}", "--tail=20") if status.get("failed") else ""
            assert not status.get("failed"), logs
            return bool(status.get("succeeded"))

        wait_for("trained package", done, 900, 2)


@contextmanager
def open_stage(folder: Path, *, audit: bool = False, images: Path | None = None) -> Iterator[Stage]:
    """Set the stage, and clear it; archives of images are written to `images`, which may be kept."""
    archives = build_images(images or folder / "images")
    with open_cluster(folder, audit=audit) as cluster, open_outside(folder, cluster.host) as outside:
        for archive in archives.values():
            cluster.load(archive)
        configuration = client.Configuration()
        config.load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)
        stage = Stage(cluster, outside, archives, "", Kube.at(configuration))
        stage.node = json.loads(stage.kubectl("get", "nodes", "-o", "json"))["items"][0]["metadata"]["name"]
        level = {"pod-security.kubernetes.io/enforce": "restricted"}
        namespaces = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": level}}
            for name in (SYSTEM, TENANT)
        ]
        stage.apply(*namespaces, *secrets(), *services(cluster.host))
        yield stage


def seconds_since(start_s: float) -> float:
    """How long ago that was."""
    return time.monotonic() - start_s


def _set(values: Sequence[str]) -> list[str]:
    """Words for Helm; what is an object is set as JSON, since `--set` makes text of a fraction."""
    return [word for each in values for word in ("--set-json" if '={"' in each else "--set", each)]
