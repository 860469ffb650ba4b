"""A runner in its own processes, as a pod starts it, and an operator beside it that can be away. Every event of its
apps is one analysed frame, so that what must arrive can be counted.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from fault_surroundings import Receiver, Store
from fault_tools import free_port, wait_for
from order_files import write_orders
from pydantic import TypeAdapter

from mainstream.api.sinks.sink import Sink
from mainstream.hosts.rules import HostRules
from mainstream.messages.runner_orders import (
    CREDENTIALS_FILE,
    HEALTH_PATH,
    METRICS_PATH,
    REPORT_PATH,
    TOKEN_FILE,
    TOKEN_HEADER,
    UPLOADS_PATH,
    URLS_PATH,
    NodeCredentials,
    Wanted,
)
from mainstream.messages.runner_plan import RunnerPlan, RunnerStream
from mainstream.messages.status_report import (
    AppStatusReport,
    SignedBlob,
    SignedUpload,
    SignedUploads,
    SignedUrls,
    StatusReport,
)
from mainstream.nn.registry import load_base_network
from mainstream_runner.profiling.synthetic import synthetic_plan

BASE = "efficientnet-lite0"
TOKEN = "word-of-this-test"  # noqa: S105 - of a runner that lives as long as a test
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
settings = PodSettings(
    "edge", orders=folder / "orders", secret=folder / "secret", data=Path(sys.argv[2]), port=int(sys.argv[3])
)
sys.exit(main(settings))
"""


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
        chosen = TypeAdapter(tuple[Sink, ...]).validate_python(sinks)
        changed = {"threshold": threshold, "merge_gap_s": merge_gap_s, "sinks": chosen}
        return plan.model_copy(
            update={
                "node": "edge",
                "cost": 0.5,
                "budget": 1.0,
                "apps": tuple(a.model_copy(update=changed) for a in plan.apps),
            }
        )

    def order(
        self, plan: RunnerPlan | None, credentials: NodeCredentials | None = None, *, wanted: Wanted | None = None
    ) -> None:
        """Have this plan served."""
        self.plan = plan
        if credentials is not None:
            self._write("secret", CREDENTIALS_FILE, credentials.model_dump_json())
        # The store and the receivers of a test listen on this machine, where no tenant's host may lie by default.
        here = HostRules(allowed=("127.0.0.1",))
        write_orders(self.folder / "orders", plan, (wanted or Wanted()).model_copy(update={"host_rules": here}))

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

    def report(self) -> StatusReport | None:
        """What the runner tells; None while it does not answer."""
        content = self._get(REPORT_PATH)
        return None if content is None else StatusReport.model_validate_json(content)

    def metrics(self) -> str:
        """Its metrics."""
        return (self._get(METRICS_PATH) or b"").decode()

    def health(self) -> dict[str, Any]:
        """What a probe is told."""
        found: dict[str, Any] = json.loads(self._get(HEALTH_PATH) or b"{}")
        return found

    def app(self, name: str = "app-0") -> AppStatusReport:
        """One app's report."""
        report = self.report()
        return AppStatusReport() if report is None else report.apps.get(name, AppStatusReport())

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


def counted(app: AppStatusReport) -> int:
    """Frames that are accounted for."""
    return app.analysed + app.skipped + app.dropped
