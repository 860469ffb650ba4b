"""Where an app's events go, over changes of plan and restarts: into the spool, and from there to each of its sinks.

One courier for each place that takes events: one for all files, one for each webhook's URL and key, one for each MQTT
sink (its last will is its own), one for all uploads.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from mainstream.api.video_app import Sink
from mainstream.runner_orders import SinkKeys, sink_key
from mainstream.runner_plan import RunnerApp
from mainstream.status_report import SignedUpload, WantedUpload
from mainstream_runner.alert import Alert, alert_message
from mainstream_runner.clips.recorder import ClipRecorder, clip_names
from mainstream_runner.sinks.courier import Courier, Destination
from mainstream_runner.sinks.json_lines import AlertFiles, JsonLinesFiles
from mainstream_runner.sinks.mqtt import MqttTopic
from mainstream_runner.sinks.spool import Record, Spool
from mainstream_runner.sinks.uploads import ClipUploads, upload_body, wanted_upload
from mainstream_runner.sinks.webhook import Webhook

_log = logging.getLogger(__name__)
_WANTED_UPLOADS = 64
"""that are told in one report"""
_CLOSE_TIMEOUT_S = 3.0
_POLL_S = 0.02


@dataclass(frozen=True)
class AlertTally:
    """What became of an app's events."""

    events: int
    events_last_hour: int
    last_event: datetime | None
    undelivered: int
    lost: int
    problem: str | None


@dataclass(frozen=True)
class _AppSink:
    """One sink of one app, under the name that the spool knows it by."""

    name: str
    app: str
    index: int
    sink: Sink
    keys: SinkKeys = field(default_factory=SinkKeys)

    @property
    def courier(self) -> str:
        """Which courier serves it; another one when what it needs to know changes."""
        sink = self.sink
        if sink.webhook is not None:
            return f"webhook-{_digest(sink.webhook.url, self.keys.hmac_key or '')}"
        if sink.mqtt is not None:
            return f"mqtt-{_digest(self.name, self.keys.model_dump_json())}"
        return "files" if sink.json_lines is not None else "uploads"


class AlertDelivery:
    """Sinks of all apps of the plan."""

    def __init__(
        self,
        spool: Spool,
        recorder: ClipRecorder,
        files: AlertFiles,
        *,
        node: str,
    ) -> None:
        """Closes what an earlier life of the runner left open."""
        self._spool = spool
        self._recorder = recorder
        self._files = files
        self._node = node
        self._sinks: dict[str, list[_AppSink]] = {}
        self._couriers: dict[str, Courier] = {}
        self._paths: dict[str, Path] = {}
        self._uploads = ClipUploads(recorder.folder)
        self._lock = threading.Lock()
        recorder.start(self._clip_is_there)
        for left in spool.left_open():
            # Whoever learnt that it opened learns that it ended, too.
            closed = replace(left.message, phase="closed", interrupted=True)
            self._spool.put(left.app, left.sinks, closed, at_s=time.time())

    def keep(self, apps: Iterable[RunnerApp], keys: Mapping[str, SinkKeys]) -> None:
        """Deliver for exactly these apps; what waits for a sink that nobody names now stays in the spool.

        `keys` are by `sink_key`. Raises `InvalidInputError` where a file leads out of its folder.
        """
        sinks = {app.name: self._sinks_of(app, keys) for app in apps}
        paths = {
            each.name: self._files.path(app, each.sink.json_lines.path)
            for app, named in sinks.items()
            for each in named
            if each.sink.json_lines is not None
        }
        with self._lock:
            if self._files.single_run:
                for path in set(paths.values()) - set(self._paths.values()):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(b"")
            self._sinks, self._paths = sinks, paths
            wanted: dict[str, list[_AppSink]] = {}
            for each in (each for named in sinks.values() for each in named):
                wanted.setdefault(each.courier, []).append(each)
            self._uploads.serve({each.name: each.index for each in wanted.get("uploads", ())})
            for name in self._couriers.keys() - wanted.keys():
                _end([self._couriers.pop(name)], wait=False)
            for name, served in wanted.items():
                names = [each.name for each in served]
                if name in self._couriers:
                    self._couriers[name].serve(names)
                else:
                    ready = self._uploads.ready if name == "uploads" else None
                    self._couriers[name] = Courier(name, self._spool, names, self._destination(served[0]), ready)
        self._spool.wake()

    def deliver(self, app: RunnerApp, alert: Alert) -> None:
        """Enqueue what opened or closed for each of the app's sinks; a disk that is full costs it, never the app."""
        sinks = self._sinks.get(app.name, [])
        takes_alerts = [each.name for each in sinks if each.sink.clips is None]
        files: tuple[str, str] | None = None
        if len(takes_alerts) < len(sinks):
            files = clip, picture = clip_names(alert.id, round(alert.start_s, 3))
            if alert.phase == "opened":
                self._recorder.begin(app.name, app.stream, clip, picture, alert.start_due_s)
            else:
                self._recorder.end(clip, alert.end_due_s)
        message = alert_message(alert, node=self._node, stream=app.stream, view=app.view, files=files)
        self._spool.put(app.name, takes_alerts, message, at_s=time.time())

    def alerts_before(self, app: str) -> int:
        """Alerts of an app so far, over all lives of the runner."""
        return self._spool.events(app).events

    def tally(self, app: str) -> AlertTally:
        """What is known of an app's events."""
        told = self._spool.events(app)
        with self._lock:
            sinks = self._sinks.get(app, [])
            couriers = [self._couriers[each.courier] for each in sinks if each.courier in self._couriers]
        waiting = self._spool.depth([each.name for each in sinks])
        problems = [each.problem for each in couriers if each.problem is not None]
        return AlertTally(
            told.events,
            told.events_last_hour,
            None if told.last_start_s is None else datetime.fromtimestamp(int(told.last_start_s), UTC),
            waiting,
            told.lost,
            self._spool.problem or (problems[0] if problems and waiting else None),
        )

    def wanted_uploads(self) -> tuple[WantedUpload, ...]:
        """Files that wait for a place to be written to."""
        with self._lock:
            index = {
                each.name: each.index for named in self._sinks.values() for each in named if each.sink.clips is not None
            }
        if not index:
            return ()
        waiting = self._spool.waiting(tuple(index), 2 * _WANTED_UPLOADS)
        lacking = [record for record in waiting if not self._uploads.ready(record)][:_WANTED_UPLOADS]
        return tuple(wanted_upload(record, index[record.sink]) for record in lacking)

    def take_uploads(self, uploads: tuple[SignedUpload, ...]) -> None:
        """Write files to where the operator says."""
        self._uploads.take(uploads)
        self._spool.wake()

    def drain(self, timeout_s: float) -> int:
        """Wait until every line has arrived where it should; how many have not."""
        deadline_s = time.monotonic() + timeout_s
        with self._lock:
            names = [each.name for named in self._sinks.values() for each in named if each.sink.clips is None]
        while (left := self._spool.depth(names) if names else 0) and time.monotonic() < deadline_s:
            time.sleep(_POLL_S)
        return left

    def close(self) -> None:
        """Deliver nothing more; what waits stays."""
        self._recorder.close()
        with self._lock:
            _end(list(self._couriers.values()), wait=True)
            self._couriers.clear()
        self._uploads.close()

    def _sinks_of(self, app: RunnerApp, keys: Mapping[str, SinkKeys]) -> list[_AppSink]:
        sinks = list(app.sinks)
        if self._files.single_run and not any(sink.json_lines is not None for sink in sinks):
            name = f"{app.name.replace('/', '.')}.jsonl"
            sinks.append(Sink.model_validate({"jsonLines": {"path": name}}))
        named = [
            _AppSink(
                _digest(app.name, sink.model_dump_json()),
                app.name,
                index,
                sink,
                keys.get(sink_key(app.name, index), SinkKeys()),
            )
            for index, sink in enumerate(sinks)
        ]
        # A sink that is named twice takes an event once.
        return list({each.name: each for each in reversed(named)}.values())[::-1]

    def _destination(self, each: _AppSink) -> Destination:
        if each.sink.webhook is not None:
            return Webhook(each.sink.webhook.url, each.keys.hmac_key)
        if each.sink.mqtt is not None:
            return MqttTopic(each.sink.mqtt, each.keys, f"mainstream-{_digest(self._node, each.name)}")
        return JsonLinesFiles(self._paths_get) if each.sink.json_lines is not None else _Kept(self._uploads)

    def _paths_get(self, name: str) -> Path | None:
        return self._paths.get(name)

    def _clip_is_there(self, app: str, name: str, size_bytes: int) -> None:
        for each in self._sinks.get(app, []):
            if each.sink.clips is not None:
                self._spool.add(app, each.name, upload_body(name, size_bytes))


class _Kept:
    """A destination that outlives its courier: its connection stays open when no app names it for a while."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination

    def deliver(self, record: Record) -> str | None:
        """Pass it on."""
        return self._destination.deliver(record)

    def close(self) -> None:
        """Stay open."""


def _end(couriers: Collection[Courier], *, wait: bool) -> None:
    for courier in couriers:
        courier.stop()
    ending = [
        threading.Thread(target=courier.join, args=(_CLOSE_TIMEOUT_S,), name="courier-end", daemon=True)
        for courier in couriers
    ]
    for thread in ending:
        thread.start()
    for thread in ending if wait else ():
        thread.join(2 * _CLOSE_TIMEOUT_S)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
