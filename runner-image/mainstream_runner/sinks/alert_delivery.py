"""Where an app's alerts go, over changes of plan and restarts: into the spool, and from there to each of its sinks.

One courier for each place that takes them: one for all files, one for each webhook's URL and key, one for each MQTT
sink (its last will is its own), one for all uploads.
"""

import logging
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from mainstream.api.host_call import HostCall
from mainstream.api.sinks.review import Review
from mainstream.api.sinks.sink import JsonLinesSink
from mainstream.api.sinks.sink_kind import SinkKeys, Takes
from mainstream.hosts.connecting import SaysRules, no_rules
from mainstream.messages.alert import Alert, alert_message
from mainstream.messages.forgetting import ForgetOrder, Forgotten
from mainstream.messages.runner_orders import sink_key
from mainstream.messages.runner_plan import RunnerApp
from mainstream.messages.status_report import DeliveryReport, SignedUpload, WantedUpload
from mainstream.review.links import signed_url
from mainstream.review.objects import is_of_alert, is_of_frame
from mainstream_runner.analysed_frame import AnalysedFrame
from mainstream_runner.clips.recorder import ClipRecorder
from mainstream_runner.file_names import clip_names
from mainstream_runner.reviewing.keeper import ReviewKeeper
from mainstream_runner.sinks.cooldown import Cooldowns
from mainstream_runner.sinks.courier import Courier
from mainstream_runner.sinks.destination import AppSink, digest
from mainstream_runner.sinks.forgetting import forget_here
from mainstream_runner.sinks.json_lines import AlertFiles
from mainstream_runner.sinks.kinds import DeliveryContext, route_of
from mainstream_runner.sinks.loss_words import loss_sentence, said_together
from mainstream_runner.sinks.pictures import AlertPictures
from mainstream_runner.sinks.uploads import ClipUploads
from mainstream_runner.spool.spool import Spool

_log = logging.getLogger(__name__)
_WANTED_UPLOADS = 64
"""in one status report"""
_CLOSE_TIMEOUT_S = 3.0
_FORGET_TIMEOUT_S = 65.0
"""longer than any destination waits"""
_POLL_S = 0.02


class AlertDelivery:
    """Sinks of all apps of the plan."""

    def __init__(
        self,
        spool: Spool,
        recorder: ClipRecorder,
        files: AlertFiles,
        *,
        node: str,
        rules: SaysRules = no_rules,
    ) -> None:
        """Closes what an earlier life of the runner left open."""
        self._spool = spool
        self._recorder = recorder
        self._sinks: dict[str, list[AppSink]] = {}
        self._couriers: dict[str, Courier] = {}
        self._courier_of: dict[str, str] = {}
        self._uploads = ClipUploads(recorder.folder, rules)
        self._keeper = ReviewKeeper(recorder)
        self._context = DeliveryContext(node, files, self._uploads, AlertPictures(recorder.folder), rules)
        self._lock = threading.Lock()
        self._cooldowns = Cooldowns()
        recorder.start(self._file_is_there)
        for left in spool.left_open():
            # Whoever learnt that it opened learns that it ended, too.
            closed = replace(left.message, phase="closed", interrupted=True)
            self._spool.put(closed.app, left.sinks, closed, at_s=time.time())

    def keep(self, apps: Iterable[RunnerApp], keys: Mapping[str, SinkKeys]) -> None:
        """Deliver for exactly these apps; what waits for a sink that nobody names now stays in the spool.

        `keys` are by `sink_key`. Raises `InvalidInputError` where a file leads out of its folder.
        """
        apps = tuple(apps)
        sinks = {app.name: self._sinks_of(app, keys) for app in apps}
        routes = {each.name: route_of(each, self._context) for named in sinks.values() for each in named}
        served: dict[str, list[AppSink]] = {}
        for each in (each for named in sinks.values() for each in named):
            served.setdefault(routes[each.name].courier, []).append(each)
        with self._lock:
            gone = self._left_places(sinks)
            self._sinks = sinks
            self._keeper.keep(apps)
            self._courier_of = {name: route.courier for name, route in routes.items()}
            for name in self._couriers.keys() - served.keys():
                _end([self._couriers.pop(name)], wait=False, gone=name in gone)
            for name, of_courier in served.items():
                if name in self._couriers:
                    self._couriers[name].serve(of_courier)
                else:
                    self._couriers[name] = Courier(self._spool, of_courier, routes[of_courier[0].name])
        self._spool.wake()

    def deliver(self, app: RunnerApp, alert: Alert) -> None:
        """Enqueue what opened or closed for each of the app's sinks; a disk that is full costs it, never the app.

        Within the app's cooldown only files get it.
        """
        sinks = self._sinks.get(app.name, [])
        muted = self._cooldowns.mutes(app, alert)
        takes_alerts = [
            each.name
            for each in sinks
            if each.sink.takes == "alerts" and (not muted or isinstance(each.sink, JsonLinesSink))
        ]
        files: tuple[str | None, str] | None = None
        # A muted alert is one all the same to whoever says whether it was right.
        if any(each.sink.wants_picture() and (not muted or isinstance(each.sink, Review)) for each in sinks):
            clip, picture = clip_names(alert.id, round(alert.start_s, 3))
            takes_clips = not muted and any(each.sink.takes == "clips" for each in sinks)
            clips = takes_clips and self._recorder.may_clip(app.stream)
            files = clip if clips else None, picture
            if alert.phase == "opened":
                self._recorder.begin(app.name, app.stream, picture, files[0], alert.start_due_s)
            else:
                self._recorder.end(clip, alert.end_due_s)
        message = alert_message(
            alert, node=self._context.node, stream=app.stream, view=app.view, files=files, muted=muted
        )
        # What is kept must not open itself to whoever reads the bucket.
        self._keeper.note_alert(app, message)
        review = next((each for each in sinks if isinstance(each.sink, Review)), None)
        url = None if review is None else signed_url(review.keys, app.name, alert.id, message.start_s)
        self._spool.put(app.name, takes_alerts, replace(message, review_url=url), at_s=time.time())

    def note_frames(self, frames: list[AnalysedFrame]) -> None:
        """Keep some of the frames that were analysed, of apps that ask for a review."""
        self._keeper.note_frames(frames)

    def alerts_before(self, app: str) -> int:
        """Alerts of an app so far, over all lives of the runner."""
        return self._spool.counts(app).alerts

    def report(self, app: str) -> DeliveryReport:
        """What is known of an app's alerts."""
        with self._lock:
            sinks = self._sinks.get(app, [])
            named = {self._courier_of[each.name] for each in sinks}
            couriers = [courier for name, courier in self._couriers.items() if name in named]
        counts = self._spool.counts(app)
        waiting = self._spool.waiting([each.name for each in sinks], time.time())
        problems = [each.problem for each in couriers if each.problem is not None and waiting.deliveries]
        refusals = [each.refusal for each in couriers if each.refusal is not None]
        return DeliveryReport(
            alerts=counts.alerts,
            muted=counts.muted,
            alerts_last_hour=counts.alerts_last_hour,
            last_alert=None if counts.last_start_s is None else datetime.fromtimestamp(int(counts.last_start_s), UTC),
            undelivered=waiting.deliveries,
            undelivered_alerts=waiting.alerts,
            oldest_undelivered_s=waiting.oldest_s,
            problem=said_together([*problems, self._spool.problem]),
            lost=counts.losses.deliveries,
            lost_alerts=counts.losses.alerts,
            lost_alerts_last_hour=counts.losses.alerts_last_hour,
            loss=loss_sentence(counts.losses, said_together(refusals)),
        )

    def wanted_uploads(self) -> tuple[WantedUpload, ...]:
        """Files that wait for a place to be written to."""
        names = [*self._names("clips"), *self._names("review")]
        waiting = self._spool.oldest(names, 2 * _WANTED_UPLOADS) if names else []
        wanted = [self._uploads.wanted(record) for record in waiting]
        return tuple(each for each in wanted if each is not None)[:_WANTED_UPLOADS]

    def take_uploads(self, uploads: tuple[SignedUpload, ...]) -> None:
        """Write files to where the operator says."""
        self._uploads.take(uploads)
        self._spool.wake()

    def forget(self, order: ForgetOrder) -> Forgotten:
        """Remove what is here of an app's alerts of a span, and wait for what of it is being delivered.

        Raises `OSError` or `sqlite3.Error` where the disk takes no deletion.
        """
        done, numbers = forget_here(order, self._spool, self._recorder, self._context.files)
        deadline_s = time.monotonic() + _FORGET_TIMEOUT_S
        while (under_way := self._under_way(numbers)) and time.monotonic() < deadline_s:
            time.sleep(_POLL_S)
        return done.model_copy(update={"in_flight": len(under_way)})

    def _under_way(self, numbers: Collection[int]) -> set[int]:
        with self._lock:
            return {each.delivering for each in self._couriers.values() if each.delivering is not None} & set(numbers)

    def drain(self, timeout_s: float) -> int:
        """Wait until every message has arrived where it should; how many deliveries were not made."""
        deadline_s = time.monotonic() + timeout_s
        names = self._names("alerts")
        while (left := self._spool.waiting(names, time.time()).deliveries) and time.monotonic() < deadline_s:
            time.sleep(_POLL_S)
        return left

    def close(self) -> None:
        """Deliver nothing more; what waits stays."""
        self._keeper.close()
        self._recorder.close()
        with self._lock:
            _end(list(self._couriers.values()), wait=True)
            self._couriers.clear()
        self._uploads.close()

    def _sinks_of(self, app: RunnerApp, keys: Mapping[str, SinkKeys]) -> list[AppSink]:
        sinks = list(app.sinks)
        if self._context.files.single_run and not any(isinstance(sink, JsonLinesSink) for sink in sinks):
            sinks.append(JsonLinesSink(path=f"{app.name.replace('/', '.')}.jsonl"))
        named = [
            AppSink(
                digest(app.name, sink.key, sink.model_dump_json()),
                app.name,
                index,
                sink,
                keys.get(sink_key(app.name, index), SinkKeys()),
            )
            for index, sink in enumerate(sinks)
        ]
        # A sink that is named twice takes an alert once.
        return list({each.name: each for each in reversed(named)}.values())[::-1]

    def _left_places(self, wanted: Mapping[str, Sequence[AppSink]]) -> set[str]:
        """Couriers of sinks whose app is gone, or delivers to that place no more."""
        named = {_place(each) for sinks in wanted.values() for each in sinks}
        before = [each for sinks in self._sinks.values() for each in sinks]
        still = {self._courier_of[each.name] for each in before if _place(each) in named}
        return set(self._courier_of.values()) - still

    def _names(self, takes: Takes) -> list[str]:
        with self._lock:
            return [each.name for named in self._sinks.values() for each in named if each.sink.takes == takes]

    def _file_is_there(self, app: str, name: str) -> None:
        for each in self._sinks.get(app, []):
            if isinstance(each.sink, Review):
                # Pictures of frames go with the object that says of how many each was drawn.
                files = () if is_of_frame(name) or name.endswith(".mp4") else self._keeper.files_with(app, name)
                for file in files:
                    self._spool.add_file(app, each.name, file, at_s=time.time())
            elif is_of_alert(name) and (
                each.sink.takes == "clips" or (each.sink.wants_picture() and name.endswith(".jpg"))
            ):
                self._spool.add_file(app, each.name, name, at_s=time.time())


def _place(each: AppSink) -> tuple[str, str, tuple[HostCall, ...]]:
    """What stays the same when only the way of delivering changes: a key, or what is sent."""
    return each.app, each.sink.key, each.sink.calls()


def _end(couriers: Collection[Courier], *, wait: bool, gone: bool = False) -> None:
    for courier in couriers:
        courier.stop()
    ending = [
        threading.Thread(
            target=courier.join, args=(_CLOSE_TIMEOUT_S,), kwargs={"gone": gone}, name="courier-end", daemon=True
        )
        for courier in couriers
    ]
    for thread in ending:
        thread.start()
    for thread in ending if wait else ():
        thread.join(2 * _CLOSE_TIMEOUT_S)
