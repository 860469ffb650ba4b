"""The API server alone, with the operator as a process beside it: for scale, restarts and hostile input.

Nodes are simulated: they say that they run what they are given, and no runner ever answers. The operator has the rights
that the chart gives it, by a token of its ServiceAccount.
"""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from api_server import kube_cluster, start_api_server, stop_api_server
from cluster_outside import KEYS
from cluster_tools import ROOT, run, spawn, tool, wait_for
from kubernetes import client, config

from mainstream.api.store_access import StoreAccess
from mainstream.mpackage.stores.s3_client import s3_client
from mainstream.mpackage.stores.s3_store import S3Store
from mainstream_operator.kube import Kube

SYSTEM = "mainstream"
ACCOUNT = "mainstream-operator"
USER = f"system:serviceaccount:{SYSTEM}:{ACCOUNT}"
WRITES = ("create", "update", "patch", "delete", "deletecollection")
_START = """
import sys
sys.modules["kubernetes_validate"] = None
from mainstream_operator.__main__ import main
main()
"""
"""as in the image, where this package of the tests is not installed: it takes seconds to import, and memory"""


@dataclass
class OperatorProcess:
    """The operator, started and killed as often as one likes."""

    kubeconfig: Path
    settings: Path
    log: Path
    metrics_port: int
    process: "subprocess.Popen[bytes] | None" = None
    name: str = "operator"
    """by which it holds the Lease, and takes it up again where it was killed"""

    def start(self) -> None:
        """Start it."""
        environment = {
            "KUBECONFIG": str(self.kubeconfig),
            "MAINSTREAM_OPERATOR_SETTINGS": str(self.settings),
            "MAINSTREAM_OPERATOR_NAME": self.name,
            "MALLOC_ARENA_MAX": "2",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        self.process = spawn([sys.executable, "-c", _START], self.log, environment)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it, by default at once."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(60)
            self.process = None

    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def memory_mib(self) -> float:
        """Highest resident memory so far, in MiB."""
        assert self.process is not None
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in text.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024


@dataclass
class StoreProcess:
    """The S3 server, started and killed as often as one likes; what it holds lies in a folder."""

    url: str
    folder: Path
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it; it answers a moment later."""
        root = {"ROOT_ACCESS_KEY": KEYS.access_key_id, "ROOT_SECRET_KEY": KEYS.secret_access_key}
        address = self.url.removeprefix("http://")
        self.process = spawn([tool("versitygw"), "--port", address, "posix", self.folder], self.log, root)

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)
            self.process = None


@dataclass
class ApiStage:
    """An API server with the chart's definitions and rights, an S3 store, and an operator that is not yet started."""

    kube: Kube
    kubeconfig: Path
    store: S3Store
    store_url: str
    store_process: StoreProcess
    operator: OperatorProcess
    audit_log: Path | None
    nodes: list[str] = field(default_factory=list)

    def kubectl(self, *words: str | Path, stdin: str | None = None) -> str:
        """Run kubectl as the cluster's administrator."""
        return run(tool("kubectl", packed="kube"), "--kubeconfig", self.kubeconfig, *words, stdin=stdin)

    def apply(self, *objects: dict[str, Any]) -> None:
        """`kubectl apply` of objects."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        self.kubectl("apply", "--server-side", "-f", "-", stdin=text)

    def calls_since(self, moment_s: float, user: str = USER) -> list["Call"]:
        """What a user asked for since a moment (epoch), by the audit log."""
        assert self.audit_log is not None
        found = []
        with self.audit_log.open(encoding="utf-8") as lines:
            for line in lines:
                if user not in line:
                    continue
                entry = json.loads(line)
                moment = seconds_of(entry["requestReceivedTimestamp"])
                # Of a call that goes on its beginning is told too.
                if entry["user"]["username"] == user and moment >= moment_s and entry["stage"] != "ResponseStarted":
                    code = int(entry.get("responseStatus", {}).get("code", 0))
                    found.append(Call(moment, entry["verb"], entry["requestURI"], code))
        return found

    def writes_since(self, moment_s: float, user: str = USER) -> list["Call"]:
        """What of it writes; but for the Lease, which is renewed every two seconds, whatever happens."""
        calls = self.calls_since(moment_s, user)
        return [each for each in calls if each.verb in WRITES and "/leases/" not in each.uri]


@dataclass(frozen=True)
class Call:
    """One call, as the API server recorded it."""

    moment_s: float
    verb: str
    uri: str
    code: int

    def __str__(self) -> str:
        return f"{self.verb} {self.uri} {self.code}"


def seconds_of(timestamp: str) -> float:
    """Epoch seconds of a time as Kubernetes writes it."""
    return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()


@contextmanager
def open_api_stage(
    folder: Path,
    *,
    simulated: int,
    tenants: tuple[str, ...],
    audit: bool = False,
    settings: dict[str, Any] | None = None,
) -> Iterator[ApiStage]:
    """Set the stage, and clear it."""
    kube_cluster()
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        state = folder / "api"
        stack.callback(stop_api_server, state)
        kubeconfig = start_api_server(state, simulated=simulated, audit=audit)
        process, store = _start_store(folder, stack)
        configuration = client.Configuration()
        config.load_kube_config(str(kubeconfig), client_configuration=configuration)
        operator = OperatorProcess(
            folder / "operator.kubeconfig", folder / "operator.json", folder / "operator.log", free_port()
        )
        log = state / "logs" / "audit.log" if audit else None
        made = ApiStage(Kube(client.ApiClient(configuration)), kubeconfig, store, process.url, process, operator, log)
        _install(made, tenants, settings or {})
        made.nodes = sorted(each["metadata"]["name"] for each in made.kube.list_all("/api/v1/nodes"))
        stack.callback(operator.kill)
        yield made


def _install(stage: ApiStage, tenants: tuple[str, ...], settings: dict[str, Any]) -> None:
    """Definitions and rights as the chart has them; a token; settings."""
    namespaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in (SYSTEM, *tenants)]
    stage.apply(*namespaces)
    chart = ROOT / "charts" / "mainstream"
    values = ("--set", f"tenants={{{','.join(tenants)}}}") if tenants else ()
    text = run(
        tool("helm"), "template", "mainstream", chart, "--namespace", SYSTEM, "--kube-version", "1.34.0", *values
    )
    rights = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
    policies = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    kinds = ("CustomResourceDefinition", *rights, *policies)
    stage.apply(*(each for each in yaml.safe_load_all(text) if each and each["kind"] in kinds))
    names = ("videoapps", "videostreams", "edgenodes")
    stage.kubectl("wait", "--for=condition=Established", *(f"crd/{name}.mainstream.video" for name in names))
    token = stage.kubectl("create", "token", ACCOUNT, "-n", SYSTEM, "--duration", "24h").strip()
    known = yaml.safe_load(stage.kubeconfig.read_text(encoding="utf-8"))
    known["users"] = [{"name": each["name"], "user": {"token": token}} for each in known["users"]]
    stage.operator.kubeconfig.touch(mode=0o600)
    stage.operator.kubeconfig.write_text(yaml.safe_dump(known), encoding="utf-8")
    content = {
        "namespace": SYSTEM,
        "runner": {"image": "localhost/mainstream-runner:dev"},
        "allowedHosts": ["127.0.0.1", "*.cameras"],
        "healthPort": free_port(),
        "metricsPort": stage.operator.metrics_port,
        **settings,
    }
    stage.operator.settings.write_text(json.dumps(content), encoding="utf-8")


def _start_store(folder: Path, stack: ExitStack) -> tuple[StoreProcess, S3Store]:
    objects = folder / "s3"
    objects.mkdir(parents=True, exist_ok=True)
    server = StoreProcess(f"http://127.0.0.1:{free_port()}", objects, folder / "s3.log")
    server.start()
    stack.callback(server.kill)
    connected = s3_client(StoreAccess(endpoint=server.url), KEYS, None)

    def made() -> bool:
        try:
            connected.create_bucket(Bucket="packages")
        except Exception:
            return False
        return True

    wait_for("S3 store", made, 30)
    return server, S3Store("s3://packages/bench", connected)


def store_secret(namespace: str) -> dict[str, Any]:
    """The keys of the store, for a tenant."""
    data = {"AWS_ACCESS_KEY_ID": KEYS.access_key_id, "AWS_SECRET_ACCESS_KEY": KEYS.secret_access_key}
    metadata = {"name": "store", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}


def free_port() -> int:
    """A port of this machine that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def seconds_until(what: str, look: Any, timeout_s: float, every_s: float = 0.1) -> float:
    """How long it takes until `look` finds something."""
    start_s = time.monotonic()
    wait_for(what, look, timeout_s, every_s)
    return time.monotonic() - start_s
