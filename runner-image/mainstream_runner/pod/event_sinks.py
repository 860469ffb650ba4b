"""Where an app's events go: files on the node, webhooks through a spool. And how many there were."""

import hashlib
import json
import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from mainstream.runner_plan import RunnerApp
from mainstream_runner.pod.spool import Spool

_log = logging.getLogger(__name__)
_FILE_BYTES = 16 << 20
"""of one file of events; then it becomes the one before, and a new one begins"""
_TIMEOUT = httpx.Timeout(10.0, connect=5.0)


@dataclass(frozen=True)
class EventTally:
    """What became of an app's events."""

    events: int
    last_event: datetime | None
    undelivered: int
    problem: str | None


class EventSinks:
    """Sinks of all apps of the plan; counts of events outlive the process."""

    def __init__(self, folder: Path, node: str) -> None:
        self._folder = folder
        self._node = node
        self._spools: dict[str, Spool] = {}
        self._lock = threading.Lock()
        self._counts_file = folder / "counts.json"
        folder.mkdir(parents=True, exist_ok=True)
        self._counts: dict[str, tuple[int, float]] = _read_counts(self._counts_file)
        self._problems: dict[str, str] = {}
        self._client = httpx.Client(timeout=_TIMEOUT, trust_env=False, follow_redirects=False)

    def keep(self, apps: Iterable[RunnerApp]) -> None:
        """Deliver for exactly these apps; what waits for a webhook that nobody names now stays on disk."""
        urls = {url for app in apps for url in _webhooks(app)}
        with self._lock:
            for url in self._spools.keys() - urls:
                self._spools.pop(url).close()
            for url in urls - self._spools.keys():
                name = hashlib.sha256(url.encode()).hexdigest()[:16]
                self._spools[url] = Spool(self._folder / "spool" / name, partial(self._post, url))

    def write(self, app: RunnerApp, line: dict[str, Any]) -> None:
        """Hand one line to each of the app's sinks; a disk that is full costs the line, never the app."""
        told = {**line, "node": self._node, "stream": app.stream, "view": app.view}
        record = json.dumps(told, separators=(",", ":")).encode()
        if line["event"] == "opened":
            self._count(app.name, float(line["start_s"]))
        try:
            for sink in app.sinks:
                if sink.json_lines is not None:
                    self._append(app, sink.json_lines.path, record)
            for url in _webhooks(app):
                self._spools[url].put(record)
            self._problems.pop(app.name, None)
        except (OSError, ValueError) as error:
            self._problems[app.name] = f"an event could not be kept ({type(error).__name__})"

    def tally(self, app: RunnerApp) -> EventTally:
        """What is known of an app's events."""
        events, last_s = self._counts.get(app.name, (0, 0.0))
        with self._lock:
            spools = [self._spools[url] for url in _webhooks(app) if url in self._spools]
        problems = [spool.problem for spool in spools if spool.problem is not None]
        return EventTally(
            events,
            datetime.fromtimestamp(int(last_s), UTC) if events else None,
            sum(len(spool) for spool in spools),
            self._problems.get(app.name) or (problems[0] if problems else None),
        )

    def close(self) -> None:
        """Deliver nothing more."""
        with self._lock:
            for spool in self._spools.values():
                spool.close()
        self._client.close()

    def _post(self, url: str, record: bytes) -> str | None:
        try:
            response = self._client.post(url, content=record, headers={"Content-Type": "application/json"})
        except httpx.HTTPError as error:
            return f"the webhook does not answer ({type(error).__name__})"
        return None if response.is_success else f"the webhook answered {response.status_code}"

    def _append(self, app: RunnerApp, name: str, record: bytes) -> None:
        # Below the tenant's own folder: two tenants may choose the same name.
        folder = (self._folder / "files" / app.name.replace("/", ".")).resolve()
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise ValueError("leads out of the event folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _FILE_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
        with path.open("ab") as file:
            file.write(record + b"\n")

    def _count(self, app: str, start_s: float) -> None:
        events, _ = self._counts.get(app, (0, 0.0))
        self._counts[app] = (events + 1, start_s)
        hidden = self._counts_file.with_name(".counts.json")
        try:
            hidden.write_text(json.dumps(self._counts), encoding="utf-8")
            hidden.replace(self._counts_file)
        except OSError as error:
            _log.warning("counts of events could not be kept: %s", type(error).__name__)


def _webhooks(app: RunnerApp) -> list[str]:
    return [sink.webhook.url for sink in app.sinks if sink.webhook is not None]


def _read_counts(path: Path) -> dict[str, tuple[int, float]]:
    try:
        return {str(app): (int(n), float(at)) for app, (n, at) in json.loads(path.read_bytes()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
