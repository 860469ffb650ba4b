"""The Lease as it travels: paths, verbs and versions, to a server that keeps them as an API server does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from kubernetes import client

from mainstream_operator.kinds import LEASE
from mainstream_operator.kube import Kube
from mainstream_operator.leadership.elector import LEASE_TIMEOUT_S, Elector

REF = LEASE.ref("mainstream-operator", "mainstream")
PLACE = "/apis/coordination.k8s.io/v1/namespaces/mainstream/leases"


class Api(BaseHTTPRequestHandler):
    """Of one Lease."""

    lease: ClassVar[dict[str, Any] | None] = None
    version: ClassVar[int] = 0
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        assert self.path == f"{PLACE}/mainstream-operator"
        self._answer(404 if Api.lease is None else 200, Api.lease or {})

    def do_POST(self) -> None:
        assert self.path == PLACE
        self._write(conflict=Api.lease is not None)

    def do_PUT(self) -> None:
        assert self.path == f"{PLACE}/mainstream-operator"
        known = (Api.lease or {}).get("metadata", {}).get("resourceVersion")
        self._write(conflict=False, known=known)

    def _write(self, *, conflict: bool, known: str | None = None) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if conflict or (known is not None and body["metadata"]["resourceVersion"] != known):
            self._answer(409, {"reason": "Conflict"})
            return
        Api.version += 1
        body["metadata"]["resourceVersion"] = str(Api.version)
        Api.lease = body
        self._answer(200, body)

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        Api.asked.append(f"{self.command} {status}")
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Api.lease, Api.version, Api.asked = None, 0, []
    made = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def elector(server: ThreadingHTTPServer, name: str) -> Elector:
    configuration = client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
    return Elector(Kube.at(configuration, LEASE_TIMEOUT_S, 0), REF, name, lambda _: None)


def test_the_lease_is_made_renewed_let_go_and_taken(server: ThreadingHTTPServer) -> None:
    first, second = elector(server, "a"), elector(server, "b")
    first.try_once()
    second.try_once()
    first.try_once()
    assert (first.leads(), second.leads()) == (True, False)
    assert Api.asked == ["GET 404", "POST 200", "GET 200", "GET 200", "PUT 200"]
    first.close()
    second.try_once()
    assert (first.leads(), second.leads()) == (False, True)
    assert Api.lease is not None
    assert Api.lease["spec"]["holderIdentity"] == "b"
    assert Api.lease["spec"]["leaseDurationSeconds"] == 10


def test_a_version_that_is_not_the_last_is_no_renewal(server: ThreadingHTTPServer) -> None:
    configuration = client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
    kube = Kube.at(configuration, LEASE_TIMEOUT_S, 0)
    elector(server, "a").try_once()
    body = kube.get(REF)
    assert body is not None
    assert kube.replace(REF, body)
    assert not kube.replace(REF, body)
    assert not kube.create(REF, body)


def test_a_server_that_is_away_ends_the_lead_of_whoever_had_it_and_raises_nothing(server: ThreadingHTTPServer) -> None:
    candidate = elector(server, "a")
    server.shutdown()
    server.server_close()
    candidate.try_once()
    assert not candidate.leads()
    candidate.close()
