"""Statuses are written for a moment at a time, a shorter one where somebody may wait who comes before the rest."""

import threading
from typing import cast

import pytest
from operator_objects import NOW

from mainstream.api.model import Metadata
from mainstream.api.video_app import VideoAppStatus
from mainstream_operator.kube import Body, Kube, KubeError, Ref
from mainstream_operator.status.statuses import ObjectStatus
from mainstream_operator.status.writing import status_writer
from mainstream_operator.status.writing.event_recorder import EventRecorder
from mainstream_operator.status.writing.status_writer import LONGEST_S, REFUSED_S, SHORTEST_S, StatusWriter


class Server:
    """An API server that takes .01 s for a write, by a clock of its own, and notes what was written."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.now_s = 0.0
        self._lock = threading.Lock()

    def apply(self, ref: Ref, body: Body, *, subresource: str = "") -> Body | None:
        with self._lock:
            self.written.append(ref.name)
            self.now_s += 0.01
        return body


def written_with(monkeypatch: pytest.MonkeyPatch, *, news: bool) -> int:
    """How many of a thousand were written in one reconcile."""
    server = Server()
    monkeypatch.setattr(status_writer.time, "monotonic", lambda: server.now_s)
    writer = StatusWriter(cast(Kube, server), cast(EventRecorder, None))
    crowd = [
        ObjectStatus("VideoApp", Metadata(name=f"app-{number}", namespace="crowd"), None, VideoAppStatus())
        for number in range(1000)
    ]
    try:
        assert writer.write(crowd, NOW, lambda: news) == 0.0
    finally:
        writer.close()
    return len(server.written)


def test_a_crowd_is_written_for_a_moment_and_the_rest_at_once_after(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LONGEST_S / 0.01 < written_with(monkeypatch, news=False) <= LONGEST_S / 0.01 + 8


def test_with_news_the_moment_is_shorter_and_still_something_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SHORTEST_S / 0.01 < written_with(monkeypatch, news=True) <= SHORTEST_S / 0.01 + 8


class Refusing(Server):
    """Takes no status of one app."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self._status = status

    def apply(self, ref: Ref, body: Body, *, subresource: str = "") -> Body | None:
        if ref.name == "full":
            raise KubeError(self._status, "etcdserver: request is too large")
        return super().apply(ref, body, subresource=subresource)


def write_beside_full(status: int) -> tuple[float | None, list[str]]:
    server = Refusing(status)
    writer = StatusWriter(cast(Kube, server), cast(EventRecorder, None))
    names = ("crossing", "full", "lamp-post")
    apps = [ObjectStatus("VideoApp", Metadata(name=name, namespace="plaza"), None, VideoAppStatus()) for name in names]
    try:
        return writer.write(apps, NOW), sorted(server.written)
    finally:
        writer.close()


def test_a_status_that_the_server_does_not_take_ends_no_reconcile_and_is_written_again_soon() -> None:
    assert write_beside_full(413) == (REFUSED_S, ["crossing", "lamp-post"])


def test_a_server_that_does_not_answer_ends_the_reconcile() -> None:
    with pytest.raises(KubeError):
        write_beside_full(0)
