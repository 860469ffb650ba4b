"""A runner in its own processes, as a pod starts it, with everything around it that can fail: camera, webhook, broker,
store and operator. Every event of its apps is one analysed frame, so that what must arrive can be counted.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil

from mainstream.api.video_app import Sink
from mainstream.nn.registry import load_base_network
from mainstream.runner_orders import (
    CREDENTIALS_FILE,
    HEALTH_PATH,
    METRICS_PATH,
    PLAN_FILE,
    REPORT_PATH,
    TOKEN_FILE,
    TOKEN_HEADER,
    UPLOADS_PATH,
    URLS_PATH,
    WANTED_FILE,
    NodeCredentials,
    Wanted,
)
from mainstream.runner_plan import RunnerPlan, RunnerStream
from mainstream.runner_report import AppReport, RunnerReport, SignedBlob, SignedUpload, SignedUploads, SignedUrls
from mainstream_runner.profiling.synthetic import synthetic_plan

REPOSITORY = Path(__file__).parents[3]
BASE = "efficientnet-lite0"
TOKEN = "word-of-this-test"  # noqa: S105 - of a runner that lives as long as a test
KEY = "key-of-this-test"
_LAUNCHER = """
import sys
import time
from pathlib import Path
told_s = time.time
ahead = Path(sys.argv[1]) / "clock-ahead"
time.time = lambda: told_s() + (float(ahead.read_text()) if ahead.exists() else 0.0)
from mainstream_runner.pod.__main__ import main
from mainstream_runner.pod.settings import PodSettings
folder = Path(sys.argv[1])
sys.exit(main(PodSettings("edge", folder / "orders", folder / "secret", Path(sys.argv[2]), int(sys.argv[3]))))
"""


class MissingToolError(Exception):
    """Something that is not a Python package is not here; the text says what to install."""


def wait_for(condition: Callable[[], Any], timeout_s: float = 30.0, what: str = "") -> float:
    """Seconds until the condition held; `TimeoutError` if it never did."""
    start_s = time.monotonic()
    while not condition():
        if time.monotonic() - start_s > timeout_s:
            raise TimeoutError(what or f"not so within {timeout_s:.0f} s")
        time.sleep(0.02)
    return time.monotonic() - start_s


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])


def shared(path: str, variable: str) -> Path:
    """A tool or file of the shared folder, or what the variable names."""
    found = Path(os.environ.get(variable) or REPOSITORY.parent / "shared" / path)
    if not found.exists():
        raise MissingToolError(f"set {variable}: there is no {found}")
    return found


# ---- what a runner meets ---------------------------------------------------------------------------------------------


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


class Receiver:
    """A webhook that can be told what to answer."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.status = 200
        self.port = free_port()
        self._server: ThreadingHTTPServer | None = None
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
                if receiver.status == 200:
                    receiver.received.append(Received(time.time(), dict(self.headers.items()), body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by the base class
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def lines(self, event: str = "opened") -> dict[str, dict[str, Any]]:
        """Lines of one kind that arrived, by the event's identity."""
        return {each.line["id"]: each.line for each in list(self.received) if each.line["event"] == event}


class Store:
    """Blobs over HTTP, and a place that clips are put to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.put: dict[str, bytes] = {}
        self._server: ThreadingHTTPServer | None = None
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

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), partial(Handler, directory=str(self.folder)))
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


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
            wait_for(self._answers, 15.0)
        except TimeoutError as error:
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

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
            return True
        return False


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

        def answers() -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
                return True
            return False

        wait_for(answers, 10.0)

    def stop(self) -> None:
        """Be gone."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


# ---- the runner ------------------------------------------------------------------------------------------------------


@dataclass
class Stage:
    """A folder with orders for one runner, and its processes."""

    folder: Path
    clip: Path
    data: Path = field(init=False)
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    """what the runner is started through"""
    plan: RunnerPlan | None = None
    process: "subprocess.Popen[bytes] | None" = None
    operator_away: bool = False
    bytes_read: int = 0
    """of the admin port's answers"""

    def __post_init__(self) -> None:
        """Make the folders."""
        self.data = self.folder / "data"
        for name in ("orders", "secret", "source", "data"):
            (self.folder / name).mkdir(exist_ok=True)
        (self.folder / "secret" / TOKEN_FILE).write_text(TOKEN)
        self.store = Store(self.folder / "source")
        self.order(None)
        self._operating = threading.Event()
        threading.Thread(target=self._operate, daemon=True).start()

    def make_plan(
        self,
        url: str,
        apps: Sequence[tuple[int, float]],
        sinks: Sequence[dict[str, Any]] = (),
        *,
        fps: float = 10.0,
        merge_gap_s: float = 0.01,
        threshold: float = 0.0,
    ) -> RunnerPlan:
        """Apps by (branch-point, fps) of which every analysed frame is an event."""
        stream = RunnerStream(name="plaza", url=url, fps=fps, crops={"full": None})
        plan = synthetic_plan(load_base_network(BASE), self.folder / "source", stream, apps, sharing=True)
        chosen = tuple(Sink.model_validate(sink) for sink in sinks)
        changed = {"threshold": threshold, "merge_gap_s": merge_gap_s, "sinks": chosen}
        return plan.model_copy(
            update={
                "node": "edge",
                "cost": 0.5,
                "budget": 1.0,
                "apps": tuple(a.model_copy(update=changed) for a in plan.apps),
            }
        )

    def order(self, plan: RunnerPlan | None, credentials: NodeCredentials | None = None) -> None:
        """Have this plan served."""
        self.plan = plan
        if credentials is not None:
            self._write("secret", CREDENTIALS_FILE, credentials.model_dump_json())
        self._write("orders", WANTED_FILE, Wanted().model_dump_json())
        if plan is not None:
            self._write("orders", PLAN_FILE, plan.model_dump_json())
        else:
            (self.folder / "orders" / PLAN_FILE).unlink(missing_ok=True)

    def start(self) -> None:
        """Start the runner; returns at once."""
        with (self.folder / "runner.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, sys.executable, "-c", _LAUNCHER, self.folder, self.data, str(self.port)],
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill the feeder's process, and nothing else: what hangs on it has to go by itself."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int | None:
        """End it as the kubelet does; its exit code."""
        if self.process is None:
            return None
        self.process.terminate()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process = None
        return code

    def close(self) -> None:
        """Leave nothing behind."""
        self._operating.set()
        self.stop()
        self.store.stop()

    def report(self) -> RunnerReport | None:
        """What the runner tells; None while it does not answer."""
        content = self._get(REPORT_PATH)
        return None if content is None else RunnerReport.model_validate_json(content)

    def metrics(self) -> str:
        """Its metrics."""
        return (self._get(METRICS_PATH) or b"").decode()

    def health(self) -> dict[str, Any]:
        """What a probe is told."""
        found: dict[str, Any] = json.loads(self._get(HEALTH_PATH) or b"{}")
        return found

    def app(self, name: str = "app-0") -> AppReport:
        """One app's report."""
        report = self.report()
        return AppReport() if report is None else report.apps.get(name, AppReport())

    def serves(self) -> bool:
        """Whether the ordered plan is served and frames are analysed."""
        report = self.report()
        if report is None or self.plan is None or report.served != self.plan.digest:
            return False
        return all(app.analysed > 0 for app in report.apps.values()) and len(report.apps) == len(self.plan.apps)

    def moves(self, timeout_s: float = 60.0) -> float:
        """Seconds until the first app analyses another frame."""
        before = self.app().analysed
        return wait_for(lambda: self.app().analysed > before or 0 < self.app().analysed < before, timeout_s)

    def worker(self) -> psutil.Process:
        """TorchServe's worker."""
        return self._child(lambda words: "model_service_worker" in words)

    def java(self) -> psutil.Process:
        """TorchServe's JVM."""
        return self._child(lambda words: "org.pytorch.serve.ModelServer" in words and "guard.py" not in words)

    def processes(self) -> list[psutil.Process]:
        """All processes of the runner."""
        assert self.process is not None
        runner = psutil.Process(self.process.pid)
        return [runner, *runner.children(recursive=True)]

    def _child(self, is_it: Callable[[str], bool]) -> psutil.Process:
        for process in self.processes()[1:]:
            with contextlib.suppress(psutil.Error):
                if is_it(" ".join(process.cmdline())):
                    return process
        raise LookupError("no such process")

    def _get(self, path: str) -> bytes | None:
        try:
            response = httpx.get(
                f"http://127.0.0.1:{self.port}{path}", headers={TOKEN_HEADER: TOKEN}, timeout=3.0, trust_env=False
            )
        except httpx.HTTPError:
            return None
        self.bytes_read += len(response.content)
        return response.content if response.status_code == 200 else None

    def _operate(self) -> None:
        """Answer what the runner lacks, as the operator does."""
        while not self._operating.wait(0.2):
            if self.operator_away or self.process is None:
                continue
            report = self.report()
            if report is None:
                continue
            base = f"http://127.0.0.1:{self.store.port}"
            with contextlib.suppress(httpx.HTTPError):
                if report.lacks:
                    urls = tuple(SignedBlob(blob=b, url=f"{base}/blobs/{b.sha256}") for b in report.lacks)
                    self._post(URLS_PATH, SignedUrls(blobs=urls).model_dump_json())
                if report.uploads:
                    puts = tuple(SignedUpload(upload=u, url=f"{base}/clips/{u.name}") for u in report.uploads)
                    self._post(UPLOADS_PATH, SignedUploads(uploads=puts).model_dump_json())

    def _post(self, path: str, body: str) -> None:
        httpx.post(
            f"http://127.0.0.1:{self.port}{path}",
            content=body,
            headers={TOKEN_HEADER: TOKEN},
            timeout=3.0,
            trust_env=False,
        )

    def _write(self, folder: str, name: str, text: str) -> None:
        hidden = self.folder / folder / f".{name}"
        hidden.write_text(text)
        hidden.replace(self.folder / folder / name)


def webhook(receiver: Receiver) -> dict[str, Any]:
    """A sink."""
    return {"webhook": {"url": receiver.url}}


@contextlib.contextmanager
def staged(folder: Path, clip: Path) -> Iterator[tuple[Stage, Receiver]]:
    """A stage with a webhook; both gone at the end."""
    receiver = Receiver()
    stage = Stage(folder, clip)
    try:
        yield stage, receiver
    finally:
        stage.close()
        receiver.stop()


def counted(app: AppReport) -> int:
    """Frames that are accounted for."""
    return app.analysed + app.skipped + app.dropped
