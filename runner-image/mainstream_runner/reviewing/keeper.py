"""Keeps alerts that have closed, and frames that are worth a label, of apps that ask for a review.

What is kept are files beside the app's clips and pictures, written by the recorder's thread: whoever decides on frames
only draws. From there they go the way of clips: bounded on the disk, uploaded with URLs that the operator signs.
"""

import threading
from collections.abc import Iterable

import numpy as np

from mainstream.api.sinks.review import Review
from mainstream.messages.alert import AlertMessage
from mainstream.messages.runner_plan import RunnerApp
from mainstream.review.drawing import FrameDrawer, drawn_frames
from mainstream.review.objects import (
    FRAMES,
    DrawnFrames,
    KeptAlert,
    alert_object,
    encode_object,
    frames_object,
    picture_of_frame,
)
from mainstream.review.strata import stratum_of
from mainstream_runner.analysed_frame import AnalysedFrame
from mainstream_runner.clips.recorder import ClipRecorder

_UNWRITTEN_HOURS = 64
"""whose object the recorder has not written yet"""


class ReviewKeeper:
    """Fed by whoever decides; plans come from another thread."""

    def __init__(self, recorder: ClipRecorder) -> None:
        self._recorder = recorder
        self._lock = threading.Lock()
        self._apps: dict[str, RunnerApp] = {}
        self._drawers: dict[str, FrameDrawer] = {}
        self._pictures: dict[tuple[str, str], tuple[str, ...]] = {}
        """of an hour's frames, by app and the object's name"""

    def keep(self, apps: Iterable[RunnerApp]) -> None:
        """Draw frames of exactly those of these apps that ask for a review."""
        wanted = {app.name: app for app in apps if any(isinstance(sink, Review) for sink in app.sinks)}
        with self._lock:
            for name in self._drawers.keys() - wanted.keys():
                self._end_hour(name)
                del self._drawers[name]
            self._apps = wanted

    def note_alert(self, app: RunnerApp, message: AlertMessage) -> None:
        """Keep an alert once it has closed."""
        if app.name in self._apps and message.phase == "closed":
            kept = KeptAlert(alert=message, merge_gap_s=app.merge_gap_s)
            self._recorder.write(app.name, alert_object(kept), encode_object(kept))

    def note_frames(self, frames: Iterable[AnalysedFrame]) -> None:
        """Draw among frames that were analysed."""
        for frame in frames:
            if frame.app in self._apps:
                with self._lock:
                    self._draw(frame)

    def files_with(self, app: str, name: str) -> tuple[str, ...]:
        """What can go to the bucket once a file is there: itself, and the pictures of the frames that it is about."""
        if not name.endswith(FRAMES):
            return (name,)
        with self._lock:
            return (name, *self._pictures.pop((app, name), ()))

    def close(self) -> None:
        """Keep what was drawn of the hour so far, and draw no more."""
        with self._lock:
            for name in self._drawers:
                self._end_hour(name)
            self._apps, self._drawers = {}, {}

    # ---- within the lock ------------------------------------------------------------------------------------------

    def _draw(self, frame: AnalysedFrame) -> None:
        app = self._apps.get(frame.app)
        if app is None:
            return
        # No secret hangs on what is drawn.
        drawer = self._drawers.setdefault(app.name, FrameDrawer(np.random.default_rng()))
        if drawer.ends_hour(frame.captured_s):
            self._end_hour(app.name)
        stratum = stratum_of(frame.score, app.threshold)
        drawn = drawer.draw(stratum, frame.captured_s, frame.score)
        if drawn is None:
            return
        new, gone = drawn
        self._recorder.begin(app.name, app.stream, picture_of_frame(new.at_s, stratum), None, frame.due_s)
        if gone is not None:
            self._recorder.discard(app.name, picture_of_frame(gone.at_s, stratum))

    def _end_hour(self, app: str) -> None:
        drawn = drawn_frames(self._drawers[app].end_hour())
        if not drawn:
            return
        frames = DrawnFrames(frames=drawn)
        name = frames_object(frames)
        self._pictures[app, name] = tuple(frame.picture for frame in drawn)
        while len(self._pictures) > _UNWRITTEN_HOURS:
            self._pictures.pop(next(iter(self._pictures)))
        self._recorder.write(app, name, encode_object(frames))
