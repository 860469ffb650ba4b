"""A webhook that shows what it gets: POSTs of alerts and pictures in, a page out."""

import base64
import binascii
import hmac
import time
from http.server import BaseHTTPRequestHandler

from mainstream.bounded_server import BoundedServer
from mainstream.errors import InvalidInputError
from mainstream.html_page import render_html
from mainstream_runner.receiving.board import AlertBoard
from mainstream_runner.sinks.webhook import signature
from mainstream_runner.sinks.webhook_body import clock_time

_MOST_BYTES = 2 << 20
"""of one POST"""
_OLDEST_S = 300.0
"""of a signature: an older one may be somebody's who listened"""
_TIMEOUT_S = 10.0
PICTURES = "/pictures/"


class AlertWebhook(BoundedServer):
    """Listens until it is closed; more than so many connections at once are turned away."""

    def __init__(self, board: AlertBoard, host: str, port: int, key: str | None = None) -> None:
        """Port 0 takes a free one; with `key` POSTs that are not signed with it are refused.

        Raises `InvalidInputError` where nobody may listen there.
        """
        self.alerts, self.signing_key = board, key
        try:
            super().__init__(host, port, _Handler, "receive")
        except OSError as error:
            raise InvalidInputError(
                f"cannot listen at {host}:{port} ({error.strerror}); name another place", field="--listen"
            ) from error

    @property
    def address(self) -> str:
        """Where it listens."""
        host, port = self.server_address[:2]
        return f"http://{host if isinstance(host, str) else host.decode()}:{port}/"


class _Handler(BaseHTTPRequestHandler):
    server: AlertWebhook
    protocol_version = "HTTP/1.1"
    timeout = _TIMEOUT_S

    def do_POST(self) -> None:
        """An alert's message, or a picture."""
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            length = -1
        if not 0 <= length <= _MOST_BYTES:
            self.close_connection = True
            self._answer(413, b"a POST has a length, of 2 MiB at most\n")
            return
        body = self.rfile.read(length)
        if self.server.signing_key is not None and not self._is_signed(self.server.signing_key, body):
            self._answer(401, b"the signature is missing, wrong or older than five minutes\n")
            return
        if self.headers.get_content_type() == "image/jpeg":
            self.server.alerts.take_picture(self.headers.get("webhook-id", "")[:200], body)
        else:
            self.server.alerts.take(body)
        self._answer(200, b"")

    def do_GET(self) -> None:
        """The page, or a picture on it."""
        if self.path.startswith(PICTURES):
            content = self.server.alerts.picture(self.path.removeprefix(PICTURES))
            self._answer(404, b"") if content is None else self._answer(200, content, "image/jpeg")
        elif self.path == "/":
            self._answer(200, draw_page(self.server.alerts).encode(), "text/html; charset=utf-8")
        else:
            # Browsers ask for an icon, and say of one that is missing that something is wrong.
            self._answer(204 if self.path == "/favicon.ico" else 404, b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by the base class
        """Said is what arrives, not who asked."""

    def _answer(self, status: int, content: bytes, media_type: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'")
        self.end_headers()
        self.wfile.write(content)

    def _is_signed(self, key: str, body: bytes) -> bool:
        identity, timestamp = (self.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp"))
        try:
            is_fresh = abs(time.time() - int(timestamp)) <= _OLDEST_S
        except ValueError:
            return False
        return is_fresh and _holds(self.headers.get("webhook-signature", ""), signature(key, identity, timestamp, body))


def _holds(given: str, wanted: str) -> bool:
    """Whether one of the signatures given is the one that is wanted: while a key is changed there are two."""
    return any(hmac.compare_digest(_bytes(each), _bytes(wanted)) for each in given.split())


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.removeprefix("v1,"), validate=True)
    except (binascii.Error, ValueError):
        return b""


def draw_page(board: AlertBoard) -> str:
    """HTML that loads itself anew every other second."""
    return render_html("mainstream_runner.receiving", alerts=board.alerts(), clock=clock_time, pictures=PICTURES)
