"""A server that answers as an attacker would."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


class Attacker(ThreadingHTTPServer):
    """Notes every request, and answers each by what the test gave it."""

    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: that its victims hang up is what is tested."""


class _Handler(BaseHTTPRequestHandler):
    server: Attacker

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        with suppress(OSError):
            self.server.answer(self)

    def do_POST(self) -> None:
        self.do_GET()

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named so by the base class
        pass


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A reply without an end, as fast as it goes."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 65536)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """A reply without an end, a byte now and then."""
    handler.send_response(200)
    handler.end_headers()
    dripping_bytes(handler)


def failing(body: Answer) -> Answer:
    """The same as a refusal: of what is no object all is read."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        respond = handler.send_response
        handler.send_response = lambda *_: respond(403)  # type: ignore[method-assign]
        body(handler)

    return answer


def dripping_headers(handler: BaseHTTPRequestHandler) -> None:
    """Headers without an end, a byte now and then."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    dripping_bytes(handler)


def dripping_bytes(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then."""
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.05)


def listing_for_ever(handler: BaseHTTPRequestHandler) -> None:
    """A list of names that always goes on."""
    names = "".join(f"<Contents><Key>plaza/door/{n:0900}</Key><Size>1</Size></Contents>" for n in range(500))
    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>"
    body = f'<?xml version="1.0"?><ListBucketResult>{more}{names}</ListBucketResult>'.encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def redirecting(target: str) -> Answer:
    """A reply that sends whoever asks to another server."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(307)
        handler.send_header("Location", f"{target}/secret")
        handler.send_header("x-amz-bucket-region", "eu-west-9")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fails where what is inside took longer."""
    start_s = time.monotonic()
    yield
    assert time.monotonic() - start_s < seconds


Start = Callable[[Answer], Attacker]
"""starts a server that is ended with the test"""
