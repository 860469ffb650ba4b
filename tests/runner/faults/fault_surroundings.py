"""What a runner meets, and what of it can fail: webhook, store, camera, the wire to it, broker."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fault_tools import MissingToolError, free_port, shared, wait_for


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
        return True
    return False


@dataclass
class Received:
    """One request at a webhook."""

    at_s: float
    headers: dict[str, str]
    body: bytes

    @property
    def line(self) -> dict[str, Any]:
        """The event."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class _HttpServer:
    """On a port of its own, which it keeps while it is away."""

    def __init__(self) -> None:
        self.port = free_port()
        self._server: ThreadingHTTPServer | None = None

    def serve(self, handler: Callable[..., BaseHTTPRequestHandler]) -> None:
        """Listen."""
        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class Receiver(_HttpServer):
    """A webhook that can be told what to answer."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[Received] = []
        self.status = 200
        self.delay_s = 0.0
        """before every answer"""
        self.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/events"

    def start(self) -> None:
        """Listen."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(receiver.delay_s)
                if receiver.status == 200:
                    receiver.received.append(Received(time.time(), dict(self.headers.items()), body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by the base class
                pass

        self.serve(Handler)

    def lines(self, event: str = "opened") -> dict[str, dict[str, Any]]:
        """Lines of one kind that arrived, by the event's identity."""
        return {each.line["id"]: each.line for each in list(self.received) if each.line["event"] == event}


class Store(_HttpServer):
    """Blobs over HTTP, and a place that clips are put to."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.put: dict[str, bytes] = {}
        self.start()

    def start(self) -> None:
        """Listen."""
        store = self

        class Handler(SimpleHTTPRequestHandler):
            def do_PUT(self) -> None:
                length = int(self.headers["Content-Length"])
                store.put[urlsplit(self.path).path.rpartition("/")[2]] = self.rfile.read(length)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by the base class
                pass

        self.serve(partial(Handler, directory=str(self.folder)))


class Camera:
    """The RTSP camera of the shared tools."""

    def __init__(self, clip: Path) -> None:
        self.clip = clip
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._tool = shared("camera/rtsp-camera", "MAINSTREAM_TEST_RTSP_CAMERA")
        self.start()

    @property
    def url(self) -> str:
        """What a stream names."""
        return f"rtsp://127.0.0.1:{self.port}/stream"

    def start(self, clip: Path | None = None) -> None:
        """Play, another clip if one is given."""
        self._process = subprocess.Popen(
            [self._tool, clip or self.clip, "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            wait_for(lambda: answers(self.port), 60.0)
        except TimeoutError as error:
            self._process.kill()  # or what it said would be waited for
            said = b"" if self._process.stderr is None else self._process.stderr.read1(400)  # type: ignore[attr-defined]
            raise MissingToolError(f"the camera does not start: {said!r}") from error

    def pause(self, *, paused: bool) -> None:
        """Keep the connection, send nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if paused else signal.SIGCONT)

    def stop(self) -> None:
        """Be gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Wire:
    """What lies between camera and runner: passes everything on, and spoils some of it on demand."""

    def __init__(self, port: int) -> None:
        self.spoiled_share = 0.0
        self._to = port
        self._random = random.Random(9)  # noqa: S311 - rubbish, not secrets
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """What a stream names."""
        return f"rtsp://127.0.0.1:{self.port}/stream"

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                viewer, _ = self._listener.accept()
                try:
                    camera = socket.create_connection(("127.0.0.1", self._to), 1.0)
                except OSError:
                    viewer.close()
                    continue
                camera.settimeout(None)
                for source, sink, spoil in ((viewer, camera, False), (camera, viewer, True)):
                    threading.Thread(target=self._pass_on, args=(source, sink, spoil), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, spoil: bool) -> None:
        with contextlib.suppress(OSError):
            while content := source.recv(65536):
                if spoil and self.spoiled_share:
                    content = self._spoiled(content)
                sink.sendall(content)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _spoiled(self, content: bytes) -> bytes:
        changed = bytearray(content)
        for _ in range(max(1, int(len(changed) * self.spoiled_share))):
            changed[self._random.randrange(len(changed))] ^= 0xFF
        return bytes(changed)


class Broker:
    """A mosquitto of our own, which remembers over a restart whom it has to tell what."""

    def __init__(self, folder: Path) -> None:
        found = os.environ.get("MAINSTREAM_TEST_MOSQUITTO") or shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/bin")
        if found is None:
            raise MissingToolError("apt-get install mosquitto, or set MAINSTREAM_TEST_MOSQUITTO")
        self.port = free_port()
        self._tool = found
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {folder}/\nautosave_on_changes true\nautosave_interval 1\nuser root\n"
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Listen."""
        self._process = subprocess.Popen(
            [self._tool, "-c", self._config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(lambda: answers(self.port), 10.0)

    def stop(self) -> None:
        """Be gone."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None
