"""Serves metrics for a token: `/metrics` all of them, `/metrics/NAMESPACE` those of one tenant's apps and streams."""

from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol

from prometheus_client import CONTENT_TYPE_LATEST

from mainstream.bounded_server import EVERYWHERE, BoundedServer

_REQUEST_TIMEOUT_S = 10.0
_PATH = "/metrics"


class Readable(Protocol):
    """What is served."""

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""

    def text_of(self, namespace: str) -> bytes | None:
        """What is of the apps and streams of one namespace alone; None where none of them is known."""


class Tokens(Protocol):
    """Who may read."""

    def may_read_all(self, shown: str) -> bool:
        """Whether this token opens everything."""

    def may_read_of(self, namespace: str, shown: str) -> bool:
        """Whether it opens what is of one namespace."""


class MetricsServer(BoundedServer):
    """Listens until it is closed; more than so many connections at once are turned away."""

    def __init__(self, port: int, metrics: Readable, tokens: Tokens) -> None:
        self.metrics = metrics
        self.tokens = tokens
        super().__init__(EVERYWHERE, port, _Handler, "metrics")


class _Handler(BaseHTTPRequestHandler):
    server: MetricsServer
    timeout = _REQUEST_TIMEOUT_S

    def do_GET(self) -> None:
        """All metrics, or one tenant's."""
        path, _, namespace = self.path.partition("?")[0].rstrip("/").partition(f"{_PATH}/")
        shown = self.headers.get("Authorization", "").removeprefix("Bearer ")
        tokens, metrics = self.server.tokens, self.server.metrics
        if path == _PATH and not namespace:
            self._answer_if(tokens.may_read_all(shown), metrics.text)
        elif not path and namespace:
            # Of a namespace without apps no Secret is read, whoever asks.
            text = metrics.text_of(namespace)
            self._answer_if(text is not None and tokens.may_read_of(namespace, shown), lambda: text or b"")
        else:
            self._answer(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named so by the base class
        """Nothing: who asks is known, and asks often."""

    def _answer_if(self, may: bool, text: Callable[[], bytes]) -> None:
        if may:
            self._answer(HTTPStatus.OK, text())
        else:
            self._answer(HTTPStatus.UNAUTHORIZED, b"show the token of the Secret, as a bearer token\n")

    def _answer(self, status: HTTPStatus, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE_LATEST if status is HTTPStatus.OK else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        if status is HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(body)
