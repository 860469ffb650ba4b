"""An API server alone, of kube-cluster: on ports that no connection takes, and started again where it does not come."""

import random
import socket
from contextlib import suppress
from pathlib import Path

from cluster_tools import KUBE_CLUSTER, MissingToolError, run

_PORTS = range(20_000, 30_000)
"""below what Linux hands to connections (32768 and up) and what Kubernetes hands to Services (30000 to 32767)"""
_USED = 5
"""what kube-cluster listens at: the port that it is given, and the four that follow"""
_TRIES = 2


def kube_cluster() -> Path:
    """The program; an error says how to get it."""
    if not KUBE_CLUSTER.exists():
        raise MissingToolError("an API server is needed: put kube-cluster into ../shared/cluster")
    return KUBE_CLUSTER


def start_api_server(state: Path, *, simulated: int, audit: bool = False) -> Path:
    """Start one with simulated nodes, its state in a folder; its kubeconfig. `stop_api_server` ends it."""
    words = ("--nodes", "0", "--simulated", str(simulated), *(("--audit",) if audit else ()), "--state", state)
    failures = []
    for _ in range(_TRIES):
        try:
            return Path(run(kube_cluster(), "up", *words, "--port", str(_first_of_free_ports())).split()[-1])
        except AssertionError as failure:
            failures.append(f"{failure}\n{_last_words(state / 'logs')}")
            stop_api_server(state)
    raise AssertionError("\n".join(failures))


def stop_api_server(state: Path) -> None:
    """End it, and remove its state."""
    run(kube_cluster(), "down", "--state", state)


def _first_of_free_ports() -> int:
    while True:
        first = random.choice(_PORTS[:: _USED * 2])  # noqa: S311 (it only has to differ from a neighbour's)
        if all(_is_free(first + more) for more in range(_USED)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe, suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False


def _last_words(logs: Path, most_chars: int = 1_500) -> str:
    """What the parts of the control plane said last."""
    return "\n".join(
        f"{log.name}: {log.read_text(errors='replace')[-most_chars:]}" for log in sorted(logs.glob("*.log"))
    )
