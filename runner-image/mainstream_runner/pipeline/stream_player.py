"""Plays one stream: its camera, and beside it the substream where a plan has that decoded, or its cost is to be known.

The stream's own packets are read all the time, for clips, and to fall back on. One of the two delivers frames: the
substream from its first frame on, the stream itself again as soon as the substream fails to. So neither a change of
plan nor a substream that ends loses a frame that is due, beyond those that nobody could have known to be missing.
"""

import threading
import time
from collections import deque
from dataclasses import replace

from mainstream.hosts.connecting import SaysRules
from mainstream.messages.node_profile import DecodeMode
from mainstream.messages.runner_orders import Login
from mainstream.messages.runner_plan import RunnerStream
from mainstream.messages.status_report import StreamStatusReport, said
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.decoding.mode_in_force import patience_s
from mainstream_runner.decoding.mode_meter import MeasuredModes, ModeMeter, StreamModes, substream_mode
from mainstream_runner.feeder.camera import Camera, TakeFrame
from mainstream_runner.feeder.source import CapturedFrame, own_mode
from mainstream_runner.pipeline.substream_match import SubstreamMatch

_STEADY_FRAMES = 10
"""of the substream in a row, each within `patience_s`, before it is relied on again"""


class StreamPlayer:
    """Steered by one thread, read by any."""

    def __init__(
        self,
        stream: RunnerStream,
        login: Login | None,
        take: TakeFrame,
        ring: PacketRing,
        *,
        rules: SaysRules,
        measures: bool,
    ) -> None:
        """With `measures`, what each way to decode it costs is measured beside what is played."""
        self.stream = stream
        self.login = login
        self._take = take
        self._rules = rules
        self._lock = threading.Lock()
        self._match = SubstreamMatch()
        self._wanted = False
        """whether the substream is what a plan has decoded"""
        self._delivers = False
        """whether the substream's frames are the ones that are taken"""
        self._needed_fps = 1.0
        self._small_s: deque[float] = deque(maxlen=_STEADY_FRAMES)
        """monotonic; when its last frames came"""
        self._problem: str | None = None
        self._spent: tuple[float, int, int] = (0.0, 0, 0)
        """CPU-seconds, frames and decode errors of substreams that were closed"""
        self._small: Camera | None = None
        self._small_mode: DecodeMode | None = None
        self._meter, self._small_meter = (ModeMeter() if measures else None for _ in range(2))
        self._main = Camera(
            stream, login, self._take_own, ring, rules=rules, on_packet=self._watch_substream, meter=self._meter
        )

    # ---- steering -------------------------------------------------------------------------------------------------

    def decode(self, stream: RunnerStream, needed_fps: float) -> None:
        """Decode it as the plan has it, for apps of which the fastest looks so often."""
        self.stream = stream
        self._needed_fps = needed_fps
        wanted = stream.decode == "substream" and stream.substream is not None
        with self._lock:
            if self._wanted and not wanted:
                self._delivers, self._problem = False, None
                self._small_s.clear()
            self._wanted = wanted
            if not self._delivers:
                self._main.modes.ask(own_mode(stream), needed_fps)
        self._keep_substream(stream)

    def stop(self) -> None:
        """End soon; does not wait."""
        self._main.stop()
        if self._small is not None:
            self._small.stop()

    def _keep_substream(self, stream: RunnerStream) -> None:
        """Open it where it is to be decoded or measured, close it where it is neither."""
        small, other = self._small, stream.substream
        own_measured, measured = _measured(self._meter), _measured(self._small_meter)
        if own_measured is not None and measured is not None:
            self._small_mode = substream_mode(own_measured, measured)
        to_measure = self._small_meter is not None and measured is None
        needed = other is not None and (self._wanted or to_measure)
        if needed and small is None and other is not None and self._match.own_size is not None:
            beside = stream.model_copy(update={"url": other.url, "fps": other.fps, "decode": "all", "substream": None})
            self._small = Camera(beside, self.login, self._take_small, rules=self._rules, meter=self._small_meter)
        elif not needed and small is not None:
            small.stop()
            self._spent = self._of_substreams()
            self._small = None

    # ---- the threads that decode ----------------------------------------------------------------------------------

    def _take_own(self, name: str, frame: CapturedFrame) -> None:
        self._match.note_own(frame, looks=self._small is not None)
        with self._lock:
            if not self._delivers:
                self._take(name, frame)

    def _take_small(self, name: str, frame: CapturedFrame) -> None:
        now_s = time.monotonic()
        self._match.note_small(frame)
        with self._lock:
            if self._small_s and now_s - self._small_s[-1] > patience_s(self._needed_fps):
                self._small_s.clear()
            self._small_s.append(now_s)
            steady = self._problem is None or len(self._small_s) == _STEADY_FRAMES
            if self._wanted and not self._delivers and steady:
                self._delivers, self._problem = True, None
                self._main.modes.ask("packets", self._needed_fps)
            if self._delivers:
                self._take(name, replace(frame, captured_s=self._match.captured_s(frame), of_size=self._match.own_size))

    def _watch_substream(self) -> None:
        """With each packet of the stream itself: whether the substream still brings frames."""
        if not self._delivers:
            return
        with self._lock:
            silent_s = time.monotonic() - self._small_s[-1]
            if self._delivers and silent_s > patience_s(self._needed_fps):
                self._delivers = False
                self._small_s.clear()
                self._main.modes.ask("all", self._needed_fps)
                self._problem = (
                    f"the substream has sent no frame for {silent_s:.1f} s; the stream itself is decoded instead"
                )

    # ---- what others ask ------------------------------------------------------------------------------------------

    def report(self) -> StreamStatusReport:
        """How it goes."""
        own, size = self._main.report(), self._match.own_size
        _, frames, errors = self._of_substreams()
        changes: dict[str, object] = {
            "captured": own.captured + frames,
            "decode_errors": own.decode_errors + errors,
            "modes": self.modes(),
        }
        problem = self._problem or own.decode_problem or self._substream_problem()
        if self._delivers and size is not None:
            changes |= {"state": "decoding", "decode": "substream", "width": size[0], "height": size[1]}
            if own.state != "decoding":
                # Apps see frames, whatever becomes of the stream itself meanwhile.
                problem = f"the stream itself cannot be read ({own.problem}), so clips lack"
        return own.model_copy(update={**changes, "decode_problem": None if problem is None else said(problem)})

    def modes(self) -> tuple[DecodeMode, ...]:
        """What ways to decode it cost and yield; decoding all comes first, none before that is measured."""
        measured = _measured(self._meter)
        if measured is None:
            return ()
        return measured.modes if self._small_mode is None else (*measured.modes, self._small_mode)

    def stream_modes(self) -> StreamModes | None:
        """The same, and whether that is all; None before anything is measured."""
        modes, meter, small = self.modes(), self._meter, self._small
        if meter is None or not modes:
            return None
        awaited = self.stream.substream is not None and self._small_mode is None
        is_failing = small is not None and small.report().state == "failing"
        return StreamModes(modes, meter.is_settled and (not awaited or is_failing))

    @property
    def is_whole(self) -> bool:
        """Whether all of its own frames are decoded, and nothing else is."""
        return not self._delivers and self._small is None and self._main.modes.asked == "all"

    @property
    def is_playing(self) -> bool:
        """Whether it was not told to end."""
        return self._main.is_playing

    def decoding_cost(self) -> tuple[float, int]:
        """CPU-seconds spent on reading and decoding so far, and frames that came of it."""
        cpu_s, frames = self._main.decoding_cost()
        small_s, small_frames, _ = self._of_substreams()
        return cpu_s + small_s, frames + small_frames

    def _of_substreams(self) -> tuple[float, int, int]:
        """CPU-seconds, frames and decode errors of the substream that plays and of those that were closed."""
        (spent_s, frames, errors), small = self._spent, self._small
        if small is None:
            return spent_s, frames, errors
        cpu_s, captured = small.decoding_cost()
        return spent_s + cpu_s, frames + captured, errors + small.report().decode_errors

    def _substream_problem(self) -> str | None:
        small = self._small
        if small is not None and (failing := small.report()).state == "failing":
            return f"the substream cannot be read ({failing.problem})"
        return self._match.problem


def _measured(meter: ModeMeter | None) -> MeasuredModes | None:
    return None if meter is None else meter.measured
