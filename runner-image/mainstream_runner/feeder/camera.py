"""One camera, played without end: opened, decoded, opened again when it fails, each wait longer than the last.

Decoding happens in a thread that may hang in native code for good, so another one watches over it: a decoder that says
nothing for too long is abandoned where it is, its frames are refused, and a new one takes its place. No camera holds up
another, and nobody waits for one that hangs. Abandoned threads are told (`abandoned_decoders`), so that a process with
too many of them can be started anew.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

from mainstream.back_off import back_off_s
from mainstream.errors import MainstreamError
from mainstream.hosts.connecting import SaysRules, no_rules, pinned_url
from mainstream.messages.runner_orders import Login
from mainstream.messages.runner_plan import RunnerStream
from mainstream.messages.status_report import StreamStatusReport, said
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.decoding.mode_in_force import ModeInForce
from mainstream_runner.decoding.mode_meter import ModeMeter
from mainstream_runner.feeder.key_frame_wait import STALL_S
from mainstream_runner.feeder.packet_reader import OPEN_TIMEOUT_S
from mainstream_runner.feeder.source import CapturedFrame, OpenSource, Source, own_mode

_log = logging.getLogger(__name__)
_LONGEST_WAIT_S = 10.0
"""until a camera is opened again"""
_RATE_FRAMES = 50
_WATCH_S = 0.1
STUCK_S = STALL_S + 0.8
"""a decoder that has not even noticed that its camera is silent hangs"""
_OPENING_S = OPEN_TIMEOUT_S + STALL_S + 1.0
"""longest that a camera may take from opening to its first picture"""
_SLOW_FRAMES = 3.0
"""a slow stream is given the time of so many frames"""
_ABANDONED = "abandoned-"

TakeFrame = Callable[[str, CapturedFrame], None]


class _EndedError(Exception):
    """The camera is no longer wanted, or another decoder has taken the place of this one."""


@dataclass
class _Decoder:
    """One attempt: a source and the thread that decodes it."""

    thread: threading.Thread
    heard_s: float
    """monotonic; when it last gave a sign of life"""
    opened: bool = False
    wanted: bool = True
    problem: str = "stopped"
    source: Source | None = None
    cpu_s: float = 0.0
    """CPU-seconds of its thread that are accounted for"""


@dataclass
class _Counts:
    """Over all attempts; written by the decoder in charge and the watcher."""

    captured: int = 0
    """frames that were decoded"""
    arrived: int = 0
    """those, and packets that brought none"""
    decode_cpu_s: float = 0.0
    decode_errors: int = 0
    reconnects: int = 0
    framed_s: float = field(default_factory=time.monotonic)
    """monotonic; when the last frame came, decoded or passed over, or since when one is waited for"""


class Camera:
    """Plays one stream until it is closed."""

    def __init__(
        self,
        stream: RunnerStream,
        login: Login | None,
        take: TakeFrame,
        ring: PacketRing | None = None,
        *,
        open_source: OpenSource = Source,
        rules: SaysRules = no_rules,
        on_packet: Callable[[], None] = lambda: None,
        meter: ModeMeter | None = None,
    ) -> None:
        """`on_packet` is told, in the thread that decodes, of every packet that was dealt with; `meter` measures."""
        self.stream = stream
        self.login = login
        self.ring = ring or PacketRing()
        self.modes = ModeInForce(own_mode(stream))
        self.meter = meter
        self._url = with_login(stream.url, login)
        self._take = take
        self._open_source = open_source
        self._rules = rules
        self._on_packet = on_packet
        self._counts = _Counts()
        self._report = StreamStatusReport(state="connecting")
        self._since_s, self._since_arrived = 0.0, 0
        self._decoder: _Decoder | None = None
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name=f"camera-{stream.name}", daemon=True)
        self._watcher.start()

    def report(self) -> StreamStatusReport:
        """How it goes."""
        counts, mode = self._counts, self.modes.in_force
        return self._report.model_copy(
            update={
                "captured": counts.captured,
                "reconnects": counts.reconnects,
                "decode_errors": counts.decode_errors + self._errors_so_far(),
                "decode": mode if self._report.state == "decoding" and mode != "packets" else None,
                "decode_problem": None if self.modes.problem is None else said(self.modes.problem),
                # The thread that decodes may have noted a frame meanwhile.
                "stale_s": max(0.0, time.monotonic() - counts.framed_s),
            }
        )

    @property
    def is_playing(self) -> bool:
        """Whether it was not told to end."""
        return not self._stopping.is_set()

    def decoding_cost(self) -> tuple[float, int]:
        """CPU-seconds spent on reading and decoding so far, and frames that came of it."""
        return self._counts.decode_cpu_s, self._counts.captured

    def stop(self) -> None:
        """End soon; does not wait."""
        self._stopping.set()

    def join(self, timeout_s: float = STUCK_S) -> None:
        """Wait until it has ended, but not for ever."""
        self._watcher.join(timeout_s)

    # ---- the watcher's thread -------------------------------------------------------------------------------------

    def _watch(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            before = self._counts.captured
            decoder = self._start()
            problem = self._wait_for_end(decoder)
            if self._stopping.is_set():
                return
            came = self._counts.captured > before
            failures = 1 if came else failures + 1
            self._counts.reconnects += 1
            # One interruption is what cameras do; only one that goes on is a failure to tell of.
            self._report = StreamStatusReport(state="connecting" if came else "failing", problem=problem)
            self._stopping.wait(back_off_s(failures, _LONGEST_WAIT_S))

    def _start(self) -> _Decoder:
        name = f"decoder-{self.stream.name}"
        decoder = _Decoder(threading.Thread(name=name, daemon=True), time.monotonic())
        decoder.thread = threading.Thread(target=self._decode, args=(decoder,), name=name, daemon=True)
        self._decoder = decoder
        decoder.thread.start()
        return decoder

    def _wait_for_end(self, decoder: _Decoder) -> str:
        """Until the decoder ends, hangs or is no longer wanted; why it did."""
        slow_s = _SLOW_FRAMES / self.stream.fps
        try:
            while decoder.thread.is_alive() and not self._stopping.is_set():
                decoder.thread.join(_WATCH_S)
                patience_s = max(slow_s, STUCK_S if decoder.opened else _OPENING_S)
                if time.monotonic() - decoder.heard_s > patience_s and decoder.thread.is_alive():
                    decoder.thread.name = f"{_ABANDONED}{self.stream.name}"
                    _log.warning("the decoder of %s hangs; another one takes its place", self.stream.name)
                    return "the decoder hung"
            return decoder.problem
        finally:
            decoder.wanted = False
            self._counts.decode_errors += self._errors_so_far()
            decoder.source = None

    def _errors_so_far(self) -> int:
        source = self._decoder.source if self._decoder is not None else None
        return 0 if source is None else source.decode_errors

    # ---- the decoder's thread -------------------------------------------------------------------------------------

    def _decode(self, decoder: _Decoder) -> None:
        try:
            decoder.problem = self._play(decoder)
        except _EndedError:
            decoder.problem = "stopped"
        except MainstreamError as error:
            # Its message alone: the error's source is the URL, with the login in it.
            decoder.problem = said(error.message)
        except Exception as error:
            _log.error("camera %s failed: %s", self.stream.name, type(error).__name__)
            decoder.problem = f"decoding failed ({type(error).__name__})"

    def _play(self, decoder: _Decoder) -> str:
        # Resolved anew at each attempt, and by nobody but us.
        url = pinned_url(self._url, self._rules(), OPEN_TIMEOUT_S)
        source = self._open_source(
            self.stream.model_copy(update={"url": url}),
            ring=self.ring,
            say_waiting=lambda waiting: self._note_waiting(decoder, waiting),
            say_alive=lambda: self._note_alive(decoder),
            modes=self.modes,
            meter=self.meter,
        )
        with closing(source):
            if decoder.wanted:
                decoder.source = source
            self._since_s, self._since_arrived = time.monotonic(), self._counts.arrived
            decoder.cpu_s = time.thread_time()
            for frame in source.frames(time.monotonic()):
                self._note_alive(decoder)
                self._note(frame)
                self._take(self.stream.name, frame)
                # What taking it costs is no decoding.
                decoder.cpu_s = time.thread_time()
            return "the stream ended"

    def _note_alive(self, decoder: _Decoder) -> None:
        """A packet was dealt with, whether it brought a picture or none; raises `_EndedError` where that is enough."""
        self._end_if_unwanted(decoder)
        counts, cpu_s = self._counts, time.thread_time()
        decoder.heard_s = counts.framed_s = time.monotonic()
        decoder.opened = True
        counts.arrived += 1
        counts.decode_cpu_s += cpu_s - decoder.cpu_s
        decoder.cpu_s = cpu_s
        self._on_packet()

    def _end_if_unwanted(self, decoder: _Decoder) -> None:
        if self._stopping.is_set() or not decoder.wanted:
            raise _EndedError

    def _note_waiting(self, decoder: _Decoder, waiting: str) -> None:
        """Packets come, and none of them is a key frame: nothing hangs."""
        self._end_if_unwanted(decoder)
        decoder.heard_s = time.monotonic()
        self._report = StreamStatusReport(state="waiting", problem=waiting)

    def _note(self, frame: CapturedFrame) -> None:
        counts = self._counts
        counts.captured += 1
        known = self._report
        size = frame.size
        arrived, elapsed_s = counts.arrived - self._since_arrived, time.monotonic() - self._since_s
        fps = arrived / elapsed_s if arrived >= _RATE_FRAMES and elapsed_s > 0 else known.fps
        if (known.state, known.width, known.height, known.fps is None) != ("decoding", *size, fps is None):
            self._report = StreamStatusReport(state="decoding", width=size[0], height=size[1], fps=fps)


def abandoned_decoders() -> int:
    """Threads of this process that hang in a decoder and were given up."""
    return sum(thread.name.startswith(_ABANDONED) for thread in threading.enumerate())


def with_login(url: str, login: Login | None) -> str:
    """The URL with user and password in it, percent-encoded."""
    if login is None:
        return url
    parts = urlsplit(url)
    user, word = quote(login.username, safe=""), quote(login.password, safe="")
    return urlunsplit(parts._replace(netloc=f"{user}:{word}@{parts.netloc.rpartition('@')[2]}"))
