"""The desk over HTTP, for whoever shows the console's token (docs: `mainstream.messages.review_desk`)."""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from mainstream.bounded_server import EVERYWHERE, BoundedServer
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.messages.review_desk import APPS_PATH, CLIPS, KEYS, NODES_PATH, OBJECTS, PLAN
from mainstream.mpackage.stores.ranges import content_range, range_start
from mainstream.mpackage.stores.store import MissingKeyError, Piece
from mainstream.review.objects import MOST_BYTES
from mainstream_operator.kube import KubeError
from mainstream_operator.reviewing.desk import ReviewDesk

_log = logging.getLogger(__name__)
_REQUEST_TIMEOUT_S = 10.0
_NONE: Mapping[str, str] = {}


class DeskServer(BoundedServer):
    """Listens until it is closed."""

    def __init__(self, port: int, desk: ReviewDesk, may_ask: Callable[[str], bool], host: str = EVERYWHERE) -> None:
        """`may_ask` says whether a token opens the desk."""
        self.desk = desk
        self.may_ask = may_ask
        super().__init__(host, port, _Handler, "desk")


class _Handler(BaseHTTPRequestHandler):
    server: DeskServer
    timeout = _REQUEST_TIMEOUT_S

    def do_GET(self) -> None:
        """Keys, an object, or a plan."""
        self._answer(self._got)

    def do_PUT(self) -> None:
        """A verdict."""
        self._answer(self._kept)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named so by the base class
        """Nothing: the console says who said what."""

    def _got(self) -> bytes | Piece:
        desk, path = self.server.desk, self.path
        if path.startswith(NODES_PATH):
            node, _, what = path.removeprefix(NODES_PATH).partition("/")
            plan = desk.plan(node) if what == PLAN else None
            if plan is None:
                raise MissingKeyError("has no plan", field=node)
            return plan.model_dump_json().encode()
        app, what, key = _parts(path)
        if what == KEYS and not key:
            return desk.keys(app).model_dump_json().encode()
        if what == OBJECTS:
            return desk.read(app, key)
        if what == CLIPS:
            return desk.clip(app, key, self._start())
        raise MissingKeyError("is nothing that can be asked for", field=path)

    def _kept(self) -> bytes:
        app, what, key = _parts(self.path)
        length = self.headers.get("Content-Length", "")
        if what != OBJECTS or not length.isdecimal() or int(length) > MOST_BYTES:
            raise InvalidInputError(f"has no length, or one of more than {MOST_BYTES} bytes", field="the verdict")
        self.server.desk.keep(app, key, self.rfile.read(int(length)))
        return b""

    def _start(self) -> int:
        return range_start(self.headers.get("Range", "")) or 0

    def _answer(self, act: Callable[[], bytes | Piece]) -> None:
        try:
            if not self.server.may_ask(self.headers.get("Authorization", "").removeprefix("Bearer ")):
                self._send(HTTPStatus.UNAUTHORIZED, b"show the console's token\n")
                return
            answer = act()
            if isinstance(answer, Piece):
                which = content_range(self._start(), answer)
                self._send(HTTPStatus.PARTIAL_CONTENT, answer.data, {"Content-Range": which})
            else:
                self._send(HTTPStatus.OK, answer)
        except MissingKeyError as error:
            self._send(HTTPStatus.NOT_FOUND, f"{error}\n".encode())
        except InvalidInputError as error:
            self._send(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}\n".encode())
        except (MainstreamError, KubeError) as error:
            _log.warning("the console asked in vain: %s", error)
            self._send(HTTPStatus.BAD_GATEWAY, f"{error}\n".encode())

    def _send(self, status: HTTPStatus, body: bytes, headers: Mapping[str, str] = _NONE) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _parts(path: str) -> tuple[str, str, str]:
    """App, what is asked of it, and the key; raises `MissingKeyError`."""
    parts = path.removeprefix(APPS_PATH).split("/", 3)
    if not path.startswith(APPS_PATH) or len(parts) < 3:
        raise MissingKeyError("is nothing that can be asked for", field=path)
    return f"{parts[0]}/{parts[1]}", parts[2], parts[3] if len(parts) > 3 else ""
