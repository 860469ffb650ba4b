"""The operator's pods: which of them leads, how one dies without a word, and how one is cut off from the API server."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cluster_stage import SYSTEM, Stage
from cluster_tools import MissingToolError, run, wait_for
from leaders import holder

REPLICAS = 2
_NAMED = "MAINSTREAM_OPERATOR_NAME="
_API = "KUBERNETES_SERVICE_HOST="


def leader(stage: Stage) -> str:
    """The pod that holds the Lease, if it is there."""
    name = holder(stage.kube)
    return name if name in pods(stage) else ""


def pods(stage: Stage) -> set[str]:
    """Names of those that are not going away."""
    text = stage.kubectl("get", "pods", "-n", SYSTEM, "-l", "app.kubernetes.io/name=mainstream-operator", "-o", "json")
    return {
        each["metadata"]["name"] for each in json.loads(text)["items"] if "deletionTimestamp" not in each["metadata"]
    }


def wait_both(stage: Stage, timeout_s: float = 120) -> None:
    """Until one leads and the other stands by."""

    def look() -> bool:
        status = (stage.get("deployment", "mainstream-operator", SYSTEM) or {}).get("status", {})
        there = all(status.get(count) == REPLICAS for count in ("replicas", "updatedReplicas", "availableReplicas"))
        return there and bool(leader(stage))

    wait_for("two operators, one of which leads", look, timeout_s, 0.5)


def kill(stage: Stage, pod: str) -> None:
    """End its process at once, as a lost machine or a lack of memory would; nobody hears of it."""
    os.kill(_process(pod), signal.SIGKILL)


def replace(stage: Stage, pod: str) -> None:
    """Take the dead pod away at once, so that another starts, and without the wait after a crash."""
    stage.kubectl("delete", "pod", pod, "-n", SYSTEM, "--grace-period=0", "--force", "--ignore-not-found")


@contextmanager
def cut_off(pod: str) -> Iterator[None]:
    """Nothing that the pod sends reaches the API server until the context is left."""
    process = _process(pod)
    address = _variable(process, _API)
    rule = ("OUTPUT", "--destination", address, "--protocol", "tcp", "--jump", "DROP")
    # A namespace outlives the process that is killed in it as long as somebody has it open.
    with Path(f"/proc/{process}/ns/net").open("rb") as namespace:
        inside = ("nsenter", f"--net=/proc/{os.getpid()}/fd/{namespace.fileno()}", "iptables")
        run(*inside, "--insert", *rule)
        try:
            yield
        finally:
            run(*inside, "--delete", *rule)


def _process(pod: str) -> int:
    """Of the operator in that pod, as this machine numbers it."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes()
            if b"mainstream_operator" in words and _variable(int(folder.name), _NAMED) == pod:
                return int(folder.name)
    raise MissingToolError(f"pod {pod} has no process on this machine: only kube-cluster's pods can be killed so")


def _variable(process: int, name: str) -> str:
    variables = Path(f"/proc/{process}/environ").read_bytes().decode(errors="replace").split("\0")
    return next((each.removeprefix(name) for each in variables if each.startswith(name)), "")
