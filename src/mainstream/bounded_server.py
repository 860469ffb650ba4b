"""An HTTP server that takes so many connections at once and no more, so that nobody can wear out its process."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread
from typing import Any

_CONNECTIONS = 16
EVERYWHERE = "0.0.0.0"  # noqa: S104 - pods are reached at their own address


class BoundedServer(ThreadingHTTPServer):
    """Listens, in a thread of that name, until it is closed; further connections are turned away."""

    daemon_threads = True

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler], name: str) -> None:
        """Port 0 takes a free one; raises `OSError` where nobody may listen there."""
        self._free = BoundedSemaphore(_CONNECTIONS)
        super().__init__((host, port), handler)
        Thread(target=self.serve_forever, name=name, daemon=True).start()

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

    def close(self) -> None:
        """Serve nobody any more."""
        self.shutdown()
        self.server_close()
