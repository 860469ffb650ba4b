"""Several operators beside one API server: who holds the Lease, and what each write of theirs was for."""

import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from api_stage import SYSTEM, USER, WRITES, ApiStage, OperatorProcess, free_port, seconds_of

from mainstream_operator.kinds import LEASE, RUNNER_KINDS
from mainstream_operator.kube import Kube

_CHILD = re.compile(rf"/namespaces/{SYSTEM}/({'|'.join(kind.plural for kind in RUNNER_KINDS.values())})/([^/?]+)(\?|$)")
"""the part itself: what a pod is told through the API server's proxy is no write of it"""
_CHUNK_BYTES = 1 << 16


def holder(kube: Kube, lease: str = "mainstream-operator") -> str:
    """Who holds the Lease; empty where nobody does."""
    body = kube.get(LEASE.ref(lease, SYSTEM)) or {}
    return str(body.get("spec", {}).get("holderIdentity") or "")


def child_writes(audit_log: Path, since_s: float) -> Counter[str]:
    """Writes of the operator that changed something, by the part of a runner; `since_s` is epoch."""
    found: Counter[str] = Counter()
    with audit_log.open(encoding="utf-8") as lines:
        for line in lines:
            if USER not in line:
                continue
            entry = json.loads(line)
            part = _CHILD.search(entry["requestURI"])
            done = 200 <= int(entry.get("responseStatus", {}).get("code", 0)) < 300
            mine = entry["user"]["username"] == USER and entry["verb"] in WRITES
            if part and done and mine and seconds_of(entry["requestReceivedTimestamp"]) >= since_s:
                found[f"{part[1]}/{part[2]}"] += 1
    return found


def another(stage: ApiStage, name: str) -> OperatorProcess:
    """A further operator, with ports and a name of its own, which is not yet started."""
    first = stage.operator
    settings = json.loads(first.settings.read_text(encoding="utf-8"))
    settings |= {"healthPort": free_port(), "metricsPort": free_port()}
    folder = first.settings.parent
    file = folder / f"{name}.json"
    file.write_text(json.dumps(settings), encoding="utf-8")
    return OperatorProcess(first.kubeconfig, file, folder / f"{name}.log", settings["metricsPort"], name=name)


class Way:
    """A way to an API server that can be cut for a while: what is sent meanwhile arrives later, as TCP has it."""

    def __init__(self, known: Path, own: Path) -> None:
        """`own` becomes a kubeconfig like `known` that leads this way."""
        content = yaml.safe_load(known.read_text(encoding="utf-8"))
        (cluster,) = (each["cluster"] for each in content["clusters"])
        there = urlsplit(cluster["server"])
        self._there = (str(there.hostname), int(there.port or 443))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open = threading.Event()
        self._open.set()
        cluster["server"] = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        own.touch(mode=0o600)
        own.write_text(yaml.safe_dump(content), encoding="utf-8")
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Nothing gets through until the context is left."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection(self._there)
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=self._forward, args=(one, other), daemon=True).start()

    def _forward(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError), closing(one), closing(other):
            while data := one.recv(_CHUNK_BYTES):
                self._open.wait()
                other.sendall(data)
