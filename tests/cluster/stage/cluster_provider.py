"""A cluster to test on: somebody's own by its kubeconfig, k3s on PATH, or kube-cluster of ../shared."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster_tools import KUBE_CLUSTER, MissingToolError, run, spawn, wait_for

_HOW = (
    "no cluster to test on: name a kubeconfig in MAINSTREAM_TEST_KUBECONFIG (with MAINSTREAM_TEST_LOAD, a command that "
    "takes an image archive, and MAINSTREAM_TEST_HOST, this machine's address as pods see it), install k3s, or be root "
    "with ../shared/cluster/kube-cluster and the Debian packages that it names"
)
_PACKAGES = ("containerd", "runc", "iptables", "conntrack", "socat")
_K3S_START_S = 90.0


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    kubeconfig: Path
    load: Callable[[Path], object]
    """hand an image archive to every node"""
    host: str
    """this machine's address as pods see it"""
    audit_log: Path | None = None
    """who asked the API for what, where that is recorded"""


@contextmanager
def open_cluster(folder: Path, *, audit: bool = False) -> Iterator[Cluster]:
    """The cluster, until the context is left; one that was started here is taken down."""
    named = os.environ.get("MAINSTREAM_TEST_KUBECONFIG")
    if named:
        yield _named(Path(named))
    elif shutil.which("k3s"):
        with _k3s(folder) as cluster:
            yield cluster
    elif KUBE_CLUSTER.exists() and os.geteuid() == 0 and all(shutil.which(tool) for tool in _PACKAGES):
        with _kube_cluster(KUBE_CLUSTER, folder, audit=audit) as cluster:
            yield cluster
    else:
        raise MissingToolError(_HOW)


def _named(kubeconfig: Path) -> Cluster:
    load, host = os.environ.get("MAINSTREAM_TEST_LOAD"), os.environ.get("MAINSTREAM_TEST_HOST")
    if not load or not host:
        raise MissingToolError("MAINSTREAM_TEST_KUBECONFIG also needs MAINSTREAM_TEST_LOAD and MAINSTREAM_TEST_HOST")
    return Cluster(kubeconfig, lambda archive: run(*shlex.split(load), archive), host)


@contextmanager
def _kube_cluster(program: Path, folder: Path, *, audit: bool) -> Iterator[Cluster]:
    state = folder / "kube-cluster"
    at = ("--state", state)
    kubeconfig = Path(run(program, "up", "--nodes", "1", *(("--audit",) if audit else ()), *at).split()[-1])
    try:
        yield Cluster(
            kubeconfig,
            lambda archive: run(program, "load", archive, *at),
            "172.31.0.1",
            state / "logs" / "audit.log" if audit else None,
        )
    finally:
        run(program, "down", *at)


@contextmanager
def _k3s(folder: Path) -> Iterator[Cluster]:
    kubeconfig = folder / "k3s.yaml"
    options = ("--write-kubeconfig", kubeconfig, "--disable", "traefik", "--data-dir", folder / "k3s")
    server = spawn(["k3s", "server", *options], folder / "k3s.log")

    def ready() -> bool:
        if not kubeconfig.exists():
            return False
        asked = ["k3s", "kubectl", "--kubeconfig", str(kubeconfig), "get", "nodes", "--no-headers"]
        return " Ready " in subprocess.run(asked, capture_output=True, text=True, check=False).stdout

    try:
        wait_for("Ready node of k3s", ready, _K3S_START_S)
        # Pods of k3s see this machine at the address of their bridge.
        yield Cluster(kubeconfig, lambda archive: run("k3s", "ctr", "images", "import", archive), "10.42.0.1")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
