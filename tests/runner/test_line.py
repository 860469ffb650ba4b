"""The line between feeder and worker, without TorchServe."""

import math
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstream.errors import InvalidInputError
from mainstream_runner.client import EngineUnavailableError, PlanNotServedError
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.line import answerer, caller
from mainstream_runner.line.answerer import Answerer
from mainstream_runner.line.caller import EngineLine
from mainstream_runner.line.messages import (
    LENGTH,
    LineError,
    decode_answer,
    decode_request,
    encode_refusal,
    encode_request,
    encode_scores,
)
from mainstream_runner.line.sockets import address
from mainstream_runner.pixel_memory import PixelPlace
from mainstream_runner.wire import Refused

APPS = st.lists(st.text("abc/-", min_size=1, max_size=8), unique=True, max_size=4).map(tuple)
FRAMES = st.lists(
    st.builds(
        lambda view, size, apps: DueFrame(view, np.zeros((*size, 3), np.uint8), apps),
        st.integers(0, 1000),
        st.tuples(st.integers(1, 4), st.integers(1, 4)),
        APPS,
    ),
    max_size=4,
)
PLACE = PixelPlace(process=1, file=2, inode=4, size_bytes=3)


class Engine:
    """Scores the first byte of a frame; refuses as it is told to."""

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        self.busy = threading.Lock()

    def score(self, plan_digest: str, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
        with self.busy:
            if self.refusal is not None:
                raise self.refusal
            return [{app: frame.pixels[0, 0, 0] / 255 for app in frame.apps if app != "gone"} for frame in frames]


class StaleError(InvalidInputError):
    """The engine's word for another plan."""


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def port(engine: Engine) -> int:
    """Of no TorchServe: a name that nobody else has."""
    chosen = time.monotonic_ns()
    Answerer(engine, address(chosen, "mainstream"), lambda error: isinstance(error, StaleError))
    return chosen


def frame(byte: int, *apps: str, size: int = 4) -> DueFrame:
    return DueFrame(0, np.full((size, size, 3), byte, np.uint8), apps)


def asked(line: EngineLine, *frames: DueFrame) -> list[dict[str, float]]:
    """The answer, once the thread of the other end listens."""
    deadline_s = time.monotonic() + 10
    while True:
        try:
            return line.score("plan", frames)
        except EngineUnavailableError:
            assert time.monotonic() < deadline_s
            time.sleep(0.01)


@settings(deadline=None)
@given(FRAMES)
def test_a_request_comes_out_as_it_went_in(frames: list[DueFrame]) -> None:
    request = decode_request(encode_request("digest", frames, PLACE))
    assert (request.plan, request.pixels) == ("digest", PLACE)
    assert [(f.view, (f.height, f.width), f.apps) for f in request.frames] == [
        (f.view, f.pixels.shape[:2], f.apps) for f in frames
    ]


@settings(deadline=None)
@given(FRAMES, st.data())
def test_scores_come_out_as_they_went_in_without_those_that_there_are_none_of(frames, data) -> None:
    scores = [{app: data.draw(st.floats(0, 1)) for app in f.apps if app != "a"} for f in frames]
    request = decode_request(encode_request("", frames, PLACE))
    assert decode_answer(encode_scores(request.frames, scores), frames) == scores


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_other_bytes_are_no_message(message: bytes) -> None:
    with pytest.raises(LineError):
        decode_request(message + b"\x01")
    if message[:1] not in (b"\x01", b"\x02"):
        with pytest.raises(LineError):
            decode_answer(message, [frame(0, *"abcdefghijklmnopqrstuvwxyz")])


def test_a_refusal_comes_out_as_it_went_in() -> None:
    for stale in (True, False):
        assert decode_answer(encode_refusal(Refused(error="so", stale=stale)), []) == Refused(error="so", stale=stale)


def test_frames_are_scored_and_apps_without_a_score_are_left_out(port: int) -> None:
    with closing(EngineLine(port)) as line:
        assert asked(line, frame(51, "a", "gone"), frame(255, "b", size=600)) == [{"a": 0.2}, {"b": 1.0}]
        assert asked(line) == []


def test_what_the_engine_refuses_is_refused_and_the_next_frame_is_scored(engine: Engine, port: int) -> None:
    with closing(EngineLine(port)) as line:
        assert asked(line) == []
        for raised, expected in (
            (StaleError("load the plan again"), PlanNotServedError),
            (InvalidInputError("has no such app"), InvalidInputError),
            (ZeroDivisionError("a bug"), InvalidInputError),
        ):
            engine.refusal = raised
            with pytest.raises(expected, match=str(raised)):
                line.score("plan", [frame(1, "a")])
        engine.refusal = None
        assert math.isclose(line.score("plan", [frame(255, "a")])[0]["a"], 1.0)


def test_two_feeders_are_answered_in_turn_while_one_waits(engine: Engine, port: int) -> None:
    with closing(EngineLine(port)) as one, closing(EngineLine(port)) as other:
        assert asked(one) == asked(other) == []
        answers: list[float] = []
        threads = [
            threading.Thread(target=lambda line=line, byte=byte: answers.append(asked(line, frame(byte, "a"))[0]["a"]))
            for line, byte in ((one, 0), (other, 255))
        ]
        with engine.busy:
            for thread in threads:
                thread.start()
            time.sleep(0.05)
            assert not answers
        for thread in threads:
            thread.join(10)
        assert sorted(answers) == [0.0, 1.0]


@pytest.mark.parametrize("sent", [b"\xff\xff\xff\xff", LENGTH.pack(3) + b"abc", LENGTH.pack(9) + b"abc", b"\x01"])
def test_who_sends_something_else_is_cut_off_and_others_are_not(port: int, sent: bytes) -> None:
    with closing(EngineLine(port)) as line, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger:
        assert asked(line) == []
        stranger.connect(address(port, "mainstream"))
        stranger.sendall(sent)
        stranger.shutdown(socket.SHUT_WR)
        stranger.settimeout(10)
        assert stranger.recv(1) == b""
        assert line.score("plan", [frame(255, "a")]) == [{"a": 1.0}]


def test_an_engine_that_is_not_there_is_unavailable() -> None:
    with closing(EngineLine(1)) as line, pytest.raises(EngineUnavailableError, match="no answer from the engine"):
        line.score("plan", [])


def test_an_engine_that_does_not_answer_is_waited_for_as_long_as_agreed(
    engine: Engine, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller, "_TIMEOUT_S", 1)
    with closing(EngineLine(port)) as line:
        assert asked(line) == []
        start_s = time.monotonic()
        with engine.busy, pytest.raises(EngineUnavailableError, match="no answer from the engine"):
            line.score("plan", [frame(0, "a")])
        assert 0.9 < time.monotonic() - start_s < 10


def test_whoever_stops_in_the_middle_of_a_message_is_cut_off_in_time(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answerer, "_TIMEOUT_S", 1)
    with closing(EngineLine(port)) as line, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger:
        assert asked(line) == []
        stranger.connect(address(port, "mainstream"))
        stranger.sendall(LENGTH.pack(9) + b"abc")
        assert line.score("plan", [frame(255, "a")]) == [{"a": 1.0}]
        stranger.settimeout(10)
        assert stranger.recv(1) == b""


def test_a_worker_that_hangs_ends_and_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    script = f"""
import time
from mainstream_runner.line import answerer, caller
answerer._HUNG_S = 0.5
class Hung:
    def score(self, plan, frames):
        time.sleep(60)
answerer.Answerer(Hung(), {address(os.getpid(), "hung")!r}, lambda error: False)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True) as worker:
        deadline_s = time.monotonic() + 20
        with closing(EngineLine(os.getpid(), "hung")) as line:
            while worker.poll() is None and time.monotonic() < deadline_s:
                with pytest.raises(EngineUnavailableError):
                    line.score("plan", [])
                time.sleep(0.05)
        assert worker.wait(10) != 0
        assert worker.stderr is not None
        assert "in score" in worker.stderr.read()


def test_a_watch_is_wound_up_longer_than_it_is_left() -> None:
    assert answerer._WATCHED_S + answerer._IDLE_S < answerer._HUNG_S
