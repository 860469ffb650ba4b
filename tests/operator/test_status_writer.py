"""Statuses are written for a moment at a time, a shorter one where somebody may wait who comes before the rest."""

import threading
import time
from typing import Any, cast

from operator_objects import NOW

from mainstream.api.model import Metadata
from mainstream.api.video_app import VideoAppStatus
from mainstream_operator.kube import Body, Kube, Ref
from mainstream_operator.status.statuses import ObjectStatus
from mainstream_operator.status.writing.event_recorder import EventRecorder
from mainstream_operator.status.writing.status_writer import LONGEST_S, SHORTEST_S, StatusWriter


class SlowServer:
    """An API server that takes its time, and notes what was written."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self._lock = threading.Lock()

    def apply(self, ref: Ref, body: Body, *, subresource: str = "") -> Body | None:
        time.sleep(0.05)
        with self._lock:
            self.written.append(ref.name)
        return body


class Quiet:
    def record(self, *_: Any) -> None:
        """Nobody asks for Events here."""


def written_with(*, news: bool) -> tuple[int, float | None]:
    """How many of a thousand were written in one reconcile, and when the next is due."""
    server = SlowServer()
    writer = StatusWriter(cast(Kube, server), cast(EventRecorder, Quiet()))
    crowd = [
        ObjectStatus("VideoApp", Metadata(name=f"app-{number}", namespace="crowd"), None, VideoAppStatus())
        for number in range(1000)
    ]
    try:
        again_s = writer.write(crowd, NOW, lambda: news)
    finally:
        writer.close()
    return len(server.written), again_s


def test_a_crowd_is_written_for_a_moment_and_the_rest_at_once_after() -> None:
    number, again_s = written_with(news=False)
    assert 8 <= number < 1000
    assert again_s == 0.0


def test_with_news_the_moment_is_shorter_and_still_something_is_written() -> None:
    start_s = time.monotonic()
    number, again_s = written_with(news=True)
    assert time.monotonic() - start_s < LONGEST_S
    assert 8 <= number <= 8 * (SHORTEST_S / 0.05 + 2)
    assert again_s == 0.0
