"""One camera, played without end: opened, decoded, opened again when it fails, each wait longer than the last.

A thread of its own, so that a camera that hangs holds up no other. It hands every frame to whoever was named and keeps
count of what decoding costs.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

from mainstream.errors import MainstreamError
from mainstream.runner_orders import Login
from mainstream.runner_plan import RunnerStream
from mainstream.runner_report import StreamReport
from mainstream_runner.feeder.source import CapturedFrame, Source

_log = logging.getLogger(__name__)
_BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
_RATE_FRAMES = 50
_STOP_TIMEOUT_S = 15.0
"""longer than opening or reading a camera may take"""

TakeFrame = Callable[[str, CapturedFrame], None]


@dataclass
class _State:
    """What is known of the camera; written by its thread alone."""

    report: StreamReport = field(default_factory=lambda: StreamReport(state="connecting"))
    decode_cpu_s: float = 0.0
    captured: int = 0
    reconnects: int = 0
    since_s: float = 0.0
    since_captured: int = 0


class Camera:
    """Plays one stream until it is closed."""

    def __init__(self, stream: RunnerStream, login: Login | None, take: TakeFrame) -> None:
        self.stream = stream
        self.login = login
        self._url = with_login(stream.url, login)
        self._take = take
        self._state = _State()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera-{stream.name}", daemon=True)
        self._thread.start()

    def report(self) -> StreamReport:
        """How it goes."""
        return self._state.report.model_copy(
            update={"captured": self._state.captured, "reconnects": self._state.reconnects}
        )

    def decoding_cost(self) -> tuple[float, int]:
        """CPU-seconds spent on decoding so far, and frames that came of it."""
        return self._state.decode_cpu_s, self._state.captured

    def stop(self) -> None:
        """End soon; does not wait."""
        self._stopping.set()

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join(_STOP_TIMEOUT_S)

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            before = self._state.captured
            problem = self._play()
            if self._stopping.is_set():
                return
            failures = 1 if self._state.captured > before else failures + 1
            self._state.reconnects += 1
            # One interruption is what cameras do; only one that goes on is a failure to tell of.
            state = "connecting" if self._state.captured > before else "failing"
            self._state.report = StreamReport(state=state, problem=problem)
            self._stopping.wait(_BACK_OFF_S[min(failures, len(_BACK_OFF_S)) - 1])

    def _play(self) -> str:
        """Play until it fails or ends; why it did."""
        try:
            source = Source(self.stream.model_copy(update={"url": self._url}), 0, None)
            with closing(source):
                self._state.since_s, self._state.since_captured = time.monotonic(), self._state.captured
                frames = source.frames(time.monotonic())
                while not self._stopping.is_set():
                    start_cpu_s = time.thread_time()
                    frame = next(frames, None)
                    self._state.decode_cpu_s += time.thread_time() - start_cpu_s
                    if frame is None:
                        return "the stream ended"
                    self._note(frame)
                    self._take(self.stream.name, frame)
        except MainstreamError as error:
            # Its message alone: the error's source is the URL, with the login in it.
            return error.message[:512]
        except Exception as error:
            _log.exception("camera %s failed", self.stream.name)
            return f"decoding failed ({type(error).__name__})"
        return "stopped"

    def _note(self, frame: CapturedFrame) -> None:
        state = self._state
        state.captured += 1
        known = state.report
        size = (frame.picture.width, frame.picture.height)
        counted = state.captured - state.since_captured
        if known.state == "decoding" and (known.width, known.height) == size and counted % _RATE_FRAMES:
            return
        elapsed_s = time.monotonic() - state.since_s
        fps = counted / elapsed_s if counted >= _RATE_FRAMES and elapsed_s > 0 else known.fps
        state.report = StreamReport(state="decoding", width=size[0], height=size[1], fps=fps)


def with_login(url: str, login: Login | None) -> str:
    """The URL with user and password in it, percent-encoded."""
    if login is None:
        return url
    parts = urlsplit(url)
    user, word = quote(login.username, safe=""), quote(login.password, safe="")
    return urlunsplit(parts._replace(netloc=f"{user}:{word}@{parts.netloc.rpartition('@')[2]}"))
