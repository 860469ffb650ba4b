"""The admin port: health for the kubelet; report, signed URLs and metrics for whoever shows the node's token.

The token travels in a header of its own, since pods/proxy strips Authorization; or as a bearer token, for a Prometheus
that comes to the pod itself.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, TypeVar

from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ValidationError

from mainstream.bounded_server import EVERYWHERE, BoundedServer
from mainstream.messages.forgetting import ForgetOrder, Forgotten
from mainstream.messages.runner_orders import (
    FORGET_PATH,
    HEALTH_PATH,
    METRICS_PATH,
    READY_PATH,
    REPORT_PATH,
    TOKEN_HEADER,
    UPLOADS_PATH,
    URLS_PATH,
)
from mainstream.messages.status_report import SignedUploads, SignedUrls, StatusReport
from mainstream_runner.pod.status import Health

_REQUEST_TIMEOUT_S = 10.0
_MAX_BODY_BYTES = 4 << 20

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Answers:
    """Who answers what."""

    alive: Callable[[], bool]
    ready: Callable[[], bool]
    health: Callable[[], Health]
    """what the kubelet's probes are answered beside yes or no"""
    report: Callable[[], StatusReport]
    metrics: Callable[[], bytes]
    take_urls: Callable[[SignedUrls], None]
    take_uploads: Callable[[SignedUploads], None]
    forget: Callable[[ForgetOrder], Forgotten]
    token: Callable[[], str]
    metrics_token: Callable[[], str] = lambda: ""
    """opens the metrics alone; empty where there is none"""


class AdminServer(BoundedServer):
    """Listens until it is closed; more than so many connections at once are turned away."""

    def __init__(self, port: int, answers: Answers) -> None:
        self.answers = answers
        super().__init__(EVERYWHERE, port, _Handler, "admin")


class _Handler(BaseHTTPRequestHandler):
    server: AdminServer
    protocol_version = "HTTP/1.1"
    timeout = _REQUEST_TIMEOUT_S

    def do_GET(self) -> None:
        """Health, readiness, report, metrics."""
        answers = self.server.answers
        if self.path == HEALTH_PATH:
            self._answer_probe(well=answers.alive())
        elif self.path == READY_PATH:
            self._answer_probe(well=answers.ready())
        elif self.path not in (REPORT_PATH, METRICS_PATH):
            self._answer(HTTPStatus.NOT_FOUND)
        elif not self._may(*([answers.metrics_token()] if self.path == METRICS_PATH else [])):
            return
        elif self.path == REPORT_PATH:
            self._answer(HTTPStatus.OK, answers.report().model_dump_json().encode())
        else:
            self._answer(HTTPStatus.OK, answers.metrics(), CONTENT_TYPE_LATEST)

    def do_POST(self) -> None:
        """Signed URLs and uploads, and what is to be forgotten."""
        answers = self.server.answers
        if self.path == URLS_PATH:
            self._take(SignedUrls, answers.take_urls)
        elif self.path == UPLOADS_PATH:
            self._take(SignedUploads, answers.take_uploads)
        elif self.path == FORGET_PATH:
            self._take(ForgetOrder, answers.forget)
        else:
            self.close_connection = True
            self._answer(HTTPStatus.NOT_FOUND)

    def _take(self, model: type[_Model], take: Callable[[_Model], BaseModel | None]) -> None:
        if not self._may():
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _MAX_BODY_BYTES:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        try:
            taken = model.model_validate_json(self.rfile.read(int(length)))
        except ValidationError:
            self._answer(HTTPStatus.BAD_REQUEST)
            return
        answer = take(taken)
        if answer is None:
            self._answer(HTTPStatus.NO_CONTENT)
        else:
            self._answer(HTTPStatus.OK, answer.model_dump_json().encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named so by the base class
        """Nothing: who asks is known, and asks often."""

    def _may(self, *further: str) -> bool:
        """Whether the token that is shown is the node's, or a further one that opens what is asked for."""
        shown = self.headers.get(TOKEN_HEADER) or self.headers.get("Authorization", "").removeprefix("Bearer ")
        tokens = (self.server.answers.token(), *further)
        if any(token and hmac.compare_digest(token.encode(), shown.encode()) for token in tokens):
            return True
        self.close_connection = True
        self._answer(HTTPStatus.FORBIDDEN)
        return False

    def _answer_probe(self, *, well: bool) -> None:
        status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
        self._answer(status, self.server.answers.health().model_dump_json().encode())

    def _answer(self, status: HTTPStatus, body: bytes = b"", content_type: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
