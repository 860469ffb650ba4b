"""The admin port: health for the kubelet; report and signed URLs for the operator, who shows the node's token."""

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread
from typing import Any

from pydantic import ValidationError

from mainstream.runner_orders import HEALTH_PATH, READY_PATH, REPORT_PATH, TOKEN_HEADER, URLS_PATH
from mainstream.runner_report import RunnerReport, SignedUrls

_log = logging.getLogger(__name__)
_REQUEST_TIMEOUT_S = 10.0
_MAX_BODY_BYTES = 4 << 20
_CONNECTIONS = 16


@dataclass(frozen=True)
class Answers:
    """Who answers what."""

    alive: Callable[[], bool]
    ready: Callable[[], bool]
    report: Callable[[], RunnerReport]
    take_urls: Callable[[SignedUrls], None]
    token: Callable[[], str]


class AdminServer(ThreadingHTTPServer):
    """Listens until it is closed; more than so many connections at once are turned away."""

    daemon_threads = True

    def __init__(self, port: int, answers: Answers) -> None:
        self.answers = answers
        self._free = BoundedSemaphore(_CONNECTIONS)
        super().__init__(("0.0.0.0", port), _Handler)  # noqa: S104 - pods are reached at their own address
        Thread(target=self.serve_forever, name="admin", daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection if there is room."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve it, and make room."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


class _Handler(BaseHTTPRequestHandler):
    server: AdminServer
    protocol_version = "HTTP/1.1"
    timeout = _REQUEST_TIMEOUT_S

    def do_GET(self) -> None:
        """Health, readiness, report."""
        answers = self.server.answers
        if self.path == HEALTH_PATH:
            self._answer(HTTPStatus.OK if answers.alive() else HTTPStatus.SERVICE_UNAVAILABLE)
        elif self.path == READY_PATH:
            self._answer(HTTPStatus.OK if answers.ready() else HTTPStatus.SERVICE_UNAVAILABLE)
        elif self.path == REPORT_PATH and self._may():
            self._answer(HTTPStatus.OK, answers.report().model_dump_json().encode())
        elif self.path != REPORT_PATH:
            self._answer(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Signed URLs."""
        if self.path != URLS_PATH:
            self.close_connection = True
            self._answer(HTTPStatus.NOT_FOUND)
            return
        if not self._may():
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _MAX_BODY_BYTES:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        try:
            urls = SignedUrls.model_validate_json(self.rfile.read(int(length)))
        except ValidationError:
            self._answer(HTTPStatus.BAD_REQUEST)
            return
        self.server.answers.take_urls(urls)
        self._answer(HTTPStatus.NO_CONTENT)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named so by the base class
        """Nothing: who asks is known, and asks often."""

    def _may(self) -> bool:
        token = self.server.answers.token()
        shown = self.headers.get(TOKEN_HEADER, "")
        if token and hmac.compare_digest(token.encode(), shown.encode()):
            return True
        self.close_connection = True
        self._answer(HTTPStatus.FORBIDDEN)
        return False

    def _answer(self, status: HTTPStatus, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
