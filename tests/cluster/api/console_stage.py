"""The console as a process beside an API server, with the rights that the chart gives it; and people with tokens."""

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml
from api_stage import SYSTEM, ApiStage, free_port
from cluster_tools import ROOT, run, spawn, tool, wait_for

ACCOUNT = "mainstream-console"
USER = f"system:serviceaccount:{SYSTEM}:{ACCOUNT}"
SECRET_NAME = "mainstream-console"  # noqa: S105 - a name
_KINDS = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Secret")


@dataclass
class ConsoleProcess:
    """Where it listens, its settings and log; started and killed as often as one likes."""

    url: str
    log: Path
    settings: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it; it is ready once it has listed everything."""
        command = [sys.executable, "-m", "mainstream_console.cluster"]
        self.process = spawn(command, self.log, {"MAINSTREAM_CONSOLE_SETTINGS": str(self.settings)})

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it, by default at once."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(30)
            self.process = None

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def browser(self, token: str) -> httpx.Client:
        """Somebody who is logged in."""
        browser = httpx.Client(base_url=self.url, timeout=60, follow_redirects=True)
        form = {"token": form_token(browser.get("/login").text), "kubernetes_token": token}
        answer = browser.post("/login", data=form)
        assert answer.status_code == 200, answer.text
        return browser


def form_token(page: str) -> str:
    """As a form of a page holds it."""
    return page.partition('name="token" value="')[2].partition('"')[0]


@contextmanager
def open_console(stage: ApiStage, folder: Path, desk_port: int) -> Iterator[ConsoleProcess]:
    """Start it, wait until it has listed everything, and end it."""
    options = ("--namespace", SYSTEM, "--kube-version", "1.34.0", "--set", "console.enabled=true")
    text = run(tool("helm"), "template", "mainstream", ROOT / "charts" / "mainstream", *options)
    objects = [each for each in yaml.safe_load_all(text) if each and each["kind"] in _KINDS]
    stage.apply(*(each for each in objects if "console" in each["metadata"]["name"]))
    known = yaml.safe_load(stage.kubeconfig.read_text(encoding="utf-8"))["clusters"][0]["cluster"]
    (folder / "api.crt").write_bytes(_certificate(known))
    (folder / "api.token").write_text(account_token(stage, SYSTEM, ACCOUNT), encoding="utf-8")
    desk_token = folder / "desk.token"

    def made() -> bool:
        path = "jsonpath={.data.token}"
        data = stage.kubectl("get", "secret", SECRET_NAME, "-n", SYSTEM, "-o", path)
        desk_token.write_text(base64.b64decode(data).decode(), encoding="utf-8")
        return bool(data)

    if desk_port:
        wait_for("the desk's token", made, 60)
    port = free_port()
    settings = {
        "hosts": ["127.0.0.1"],
        "port": port,
        "secureCookies": False,
        "operatorUrl": f"http://127.0.0.1:{desk_port or 9}",
        "operatorToken": str(desk_token),
        "apiUrl": known["server"],
        "apiToken": str(folder / "api.token"),
        "apiCertificate": str(folder / "api.crt"),
    }
    (folder / "console.json").write_text(json.dumps(settings), encoding="utf-8")
    process = ConsoleProcess(f"http://127.0.0.1:{port}", folder / "console.log", folder / "console.json")
    process.start()
    try:
        wait_for("console", process.is_ready, 60)
        yield process
    finally:
        process.kill(signal.SIGTERM)


def account_token(stage: ApiStage, namespace: str, name: str) -> str:
    """A token of a ServiceAccount."""
    return stage.kubectl("create", "token", name, "-n", namespace, "--duration", "1h").strip()


def make_tenant(stage: ApiStage, namespace: str, role: str, who: str = "person") -> str:
    """A ServiceAccount with one of Kubernetes' roles in its namespace, `edit` say; its token."""
    name = f"{who}-{role}"
    stage.kubectl("create", "serviceaccount", name, "-n", namespace)
    binding = ("--clusterrole", role, "--serviceaccount", f"{namespace}:{name}", "-n", namespace)
    stage.kubectl("create", "rolebinding", name, *binding)
    return account_token(stage, namespace, name)


def make_platform_team(stage: ApiStage) -> str:
    """A ServiceAccount that may do everything; its token."""
    stage.kubectl("create", "serviceaccount", "root", "-n", SYSTEM)
    stage.kubectl(
        "create", "clusterrolebinding", "root", "--clusterrole", "cluster-admin", f"--serviceaccount={SYSTEM}:root"
    )
    return account_token(stage, SYSTEM, "root")


def _certificate(known: dict[str, str]) -> bytes:
    if "certificate-authority-data" in known:
        return base64.b64decode(known["certificate-authority-data"])
    return Path(known["certificate-authority"]).read_bytes()
