"""Cameras that hang, stall, send rubbish or change their picture; decoders are threads of this process."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from mainstream.messages.runner_orders import Login
from mainstream.messages.runner_plan import RunnerStream
from mainstream_runner.feeder import camera as camera_module
from mainstream_runner.feeder.camera import Camera, abandoned_decoders, with_login
from mainstream_runner.feeder.source import CapturedFrame, Source

STREAM = RunnerStream(name="s", url="rtsp://nowhere/s", fps=50.0, crops={"full": None})


class Scripted:
    """A source that plays what it was told to: a number of frames, then what comes after them."""

    decode_errors = 0

    def __init__(self, frames: int, then: Callable[[], object], size: int = 32) -> None:
        self._count, self._then = frames, then
        self._picture = av.VideoFrame.from_ndarray(np.zeros((size, size, 3), np.uint8), format="rgb24")

    def frames(self, start_s: float) -> Iterator[CapturedFrame]:
        del start_s
        for index in range(self._count):
            time.sleep(0.01)
            yield CapturedFrame(index, time.time(), time.monotonic(), self._picture)
        self._then()

    def close(self) -> None:
        pass


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_module, "STUCK_S", 0.4)
    monkeypatch.setattr("mainstream_runner.feeder.camera.back_off_s", lambda _failures, _most_s: 0.05)


def wait_for(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


@pytest.mark.usefixtures("quick")
def test_a_decoder_that_hangs_is_replaced_and_its_late_frames_are_refused() -> None:
    release, taken = threading.Event(), []
    sources = iter([Scripted(3, lambda: release.wait(20)), Scripted(10_000, lambda: None)])
    before = abandoned_decoders()
    camera = Camera(
        STREAM, None, lambda _, frame: taken.append(frame.index), open_source=lambda *_, **__: next(sources)
    )
    try:
        wait_for(lambda: len(taken) > 10)
        assert taken[:5] == [0, 1, 2, 0, 1]
        report = camera.report()
        assert (report.reconnects, report.state) == (1, "decoding")
        assert abandoned_decoders() == before + 1
    finally:
        release.set()
        camera.stop()
        camera.join()
    wait_for(lambda: abandoned_decoders() == before)


@pytest.mark.usefixtures("quick")
def test_a_camera_that_hangs_holds_up_no_other_and_stopping_it_takes_no_time() -> None:
    release, taken = threading.Event(), []
    stuck = Camera(STREAM, None, lambda *_: None, open_source=lambda *_, **__: Scripted(0, lambda: release.wait(20)))
    other = Camera(
        STREAM, None, lambda _, frame: taken.append(frame), open_source=lambda *_, **__: Scripted(10_000, lambda: None)
    )
    try:
        wait_for(lambda: len(taken) > 20, 2.0)
        start_s = time.monotonic()
        stuck.stop()
        stuck.join()
        assert time.monotonic() - start_s < 0.5
    finally:
        release.set()
        other.stop()
        other.join()


@pytest.mark.usefixtures("quick")
def test_a_camera_that_comes_back_with_another_resolution_is_told_of() -> None:
    sources = iter([Scripted(5, lambda: None), Scripted(10_000, lambda: None, size=64)])
    camera = Camera(STREAM, None, lambda *_: None, open_source=lambda *_, **__: next(sources))
    try:
        wait_for(lambda: camera.report().width == 64)
        report = camera.report()
        assert (report.reconnects, report.state) == (1, "decoding")
        assert report.stale_s is not None
        assert report.stale_s < 1.0
    finally:
        camera.stop()
        camera.join()


@pytest.mark.usefixtures("quick")
def test_a_password_shows_in_no_report_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    login = Login(username="us/er", password="p@ss:w/rd")  # noqa: S106
    stream = STREAM.model_copy(update={"url": "rtsp://127.0.0.1:9/s"})
    camera = Camera(stream, login, lambda *_: None)
    wait_for(lambda: camera.report().state == "failing")
    camera.stop()
    camera.join()
    said = f"{camera.report()} {caplog.text} {login!r}"
    assert camera.report().problem
    assert not any(secret in said for secret in ("p@ss", "p%40ss", "us/er@", "us%2Fer"))


def test_a_login_is_percent_encoded() -> None:
    login = Login(username="us/er", password="p@ss:w/rd")  # noqa: S106
    assert with_login("rtsp://host:554/s?x=1", login) == "rtsp://us%2Fer:p%40ss%3Aw%2Frd@host:554/s?x=1"
    assert with_login("rtsp://host/s", None) == "rtsp://host/s"


def test_rubbish_in_a_file_is_counted_and_passed_over(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainstream_runner.feeder.source.time.sleep", lambda seconds: None)
    transport = tmp_path / "clip.ts"
    with av.open(str(clip)) as source, av.open(str(transport), "w", format="mpegts") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    spoiled = bytearray(transport.read_bytes())
    at = len(spoiled) // 2
    spoiled[at : at + 40_000] = np.random.default_rng(1).bytes(40_000)
    transport.write_bytes(spoiled)
    source = Source(RunnerStream(name="s", url=f"file:{transport}", fps=10.0, crops={"full": None}))
    frames = list(source.frames(time.monotonic()))
    source.close()
    assert source.decode_errors > 0
    assert len(frames) > 600
