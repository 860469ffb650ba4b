"""docs/k3s.md, command by command as it stands there, on a cluster in place of k3s: from images to a first alert.

What stands in: the cluster; a registry with a certificate of its own; a camera that plays the plaza clip. The package
is trained by the tutorial's command, or taken from the folder that MAINSTREAM_TEST_STORE names.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from cluster_outside import CAMERA_PASSWORD, CAMERA_PORT, CAMERA_USER, KEYS, start_camera
from cluster_provider import open_cluster
from cluster_tools import ROOT, MissingToolError, run, spawn, tool, wait_for

pytestmark = pytest.mark.timeout(3600)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HOST = "172.31.0.1"
REGISTRY = f"{HOST}:5000"
_BLOCK_TIMEOUT_S = 1800.0
_ALERT_S = 180.0
_LEFT_OUT = (".git", ".venv", "out", ".*_cache", "__pycache__", ".hypothesis")


class Typist:
    """Types the blocks of a page in a checkout; what they leave running ends with it."""

    def __init__(self, folder: Path, environment: dict[str, str], stack: ExitStack) -> None:
        path = f"{Path(sys.executable).parent}:{ROOT / 'out/tools'}:{os.environ['PATH']}"
        self._folder, self._environment, self._stack = folder, {**os.environ, **environment, "PATH": path}, stack

    def start(self, text: str) -> "subprocess.Popen[str]":
        """A block that goes on."""
        print(f"$ {text}", flush=True)
        words = ["/bin/bash", "-ec", text]
        typed = subprocess.Popen(
            words, cwd=self._folder, env=self._environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self._stack.callback(_end, typed.pid)
        return typed

    def type(self, text: str) -> None:
        """A block that comes to an end."""
        typed = self.start(text)
        lines = threading.Thread(target=lambda: [print(line, end="") for line in typed.stdout or ()], daemon=True)
        lines.start()
        assert typed.wait(_BLOCK_TIMEOUT_S) == 0, text


def _end(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)


def blocks(page: str) -> list[str]:
    return BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))


def certificate(folder: Path) -> tuple[Path, Path]:
    """Of the registry, and its key; whatever is started from here on trusts it."""
    key, made, trusted = folder / "key.pem", folder / "certificate.pem", folder / "trusted.pem"
    named = ("-subj", "/CN=registry", "-addext", f"subjectAltName=IP:{HOST}", "-days", "2")
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", made, *named)
    system = Path("/etc/ssl/certs/ca-certificates.crt").read_text(encoding="utf-8")
    trusted.write_text(system + made.read_text(encoding="utf-8"), encoding="utf-8")
    os.environ["SSL_CERT_FILE"] = str(trusted)
    return made, key


def start_registry(folder: Path, made: Path, key: Path, stack: ExitStack) -> None:
    settings = folder / "registry.yaml"
    settings.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder / 'registry'}}}}}\n"
        f"http: {{addr: '{REGISTRY}', tls: {{certificate: {made}, key: {key}}}}}\n"
    )
    server = spawn([tool("docker-registry"), "serve", settings], folder / "registry.log")
    stack.callback(server.wait)
    stack.callback(server.terminate)


def builder(folder: Path) -> dict[str, str]:
    """Has buildah use this machine's settings of pip, as ../shared/cluster/build-image does, and its base image."""
    if not run("buildah", "images", "--quiet", "--filter", "reference=docker.io/library/debian").strip():
        raise MissingToolError(
            "buildah has no base image: run `make images` once, or `buildah pull debian:bookworm-slim`"
        )
    found = [line.partition("=") for line in run(sys.executable, "-m", "pip", "config", "list").splitlines()]
    kept = {name.rpartition(".")[2]: value.strip("'") for name, _, value in found}
    (folder / "pip.conf").write_text("[global]\n" + "".join(f"{name} = {value}\n" for name, value in kept.items()))
    paths = [word for value in kept.values() for word in value.split() if word.startswith(("/", "file:///"))]
    there = {path for each in paths if (path := each.removeprefix("file://")) and Path(path).exists()}
    mounts = [f"{folder / 'pip.conf'}:/etc/pip.conf:ro", *(f"{path}:{path}:ro" for path in sorted(there))]
    (folder / "containers.conf").write_text(f"[containers]\nvolumes = {mounts!r}\n")
    return {
        "BUILDAH_ISOLATION": "chroot",
        "STORAGE_DRIVER": "overlay",
        "CONTAINERS_CONF": str(folder / "containers.conf"),
    }


def test_the_page_leads_from_nothing_to_an_alert(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    with ExitStack() as stack:
        stack.callback(os.environ.pop, "SSL_CERT_FILE", None)
        try:
            for name, packed in (("kubectl", "kube"), ("helm", None), ("versitygw", None), ("docker-registry", None)):
                tool(name, packed=packed)
            made, key = certificate(tmp_path)
            cluster = stack.enter_context(open_cluster(tmp_path))
            if cluster.host != HOST:
                # Its nodes run already, and do not trust a certificate that was made just now.
                raise MissingToolError("the page is typed on ../shared/cluster/kube-cluster alone")
            settings = builder(tmp_path)
            camera = start_camera(tmp_path, HOST, stack)
        except MissingToolError as missing:
            pytest.skip(str(missing))
        start_registry(tmp_path, made, key, stack)
        shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        kubectl = (tool("kubectl", packed="kube"), "--kubeconfig", cluster.kubeconfig)
        node = run(*kubectl, "get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")
        typist = Typist(
            checkout,
            {
                "KUBECONFIG": str(cluster.kubeconfig),
                "ADDRESS": HOST,
                "REGISTRY": REGISTRY,
                "CAMERA": f"rtsp://{HOST}:{CAMERA_PORT}/stream",
                "CAMERA_NETWORK": f"{HOST}/32",
                "NODE": node,
                "MAINSTREAM_CAMERA_USER": CAMERA_USER,
                "MAINSTREAM_CAMERA_PASSWORD": CAMERA_PASSWORD,
                "AWS_ACCESS_KEY_ID": KEYS.access_key_id,
                "AWS_SECRET_ACCESS_KEY": KEYS.secret_access_key,
                **settings,
            },
            stack,
        )
        assert camera
        ready = os.environ.get("MAINSTREAM_TEST_STORE")
        if ready:
            shutil.copytree(ready, checkout / "out/packages")
        else:
            typist.type(blocks("tutorial.md")[0])
        *before, last = blocks("k3s.md")
        for each in before:
            typist.type(each)
        receiver = typist.start(last)
        said: list[str] = []
        threading.Thread(target=lambda: said.extend(receiver.stdout or ()), daemon=True).start()
        words = lambda: {line.split()[0] for line in said}  # noqa: E731
        wait_for("alert with its picture", lambda: {"opened", "picture"} <= words(), _ALERT_S)
