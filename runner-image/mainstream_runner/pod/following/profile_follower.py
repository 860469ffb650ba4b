"""Keeps the node's profile: measures what is missing of it, and checks what an earlier start measured.

Measured in a thread of its own, one thing at a time; what came of it is taken up in a step.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mainstream.back_off import back_off_s
from mainstream.errors import MainstreamError
from mainstream.messages.node_profile import BaseProfile
from mainstream.messages.runner_orders import Wanted
from mainstream.messages.status_report import InterruptedProfiling, said
from mainstream_runner.client import EngineUnavailableError
from mainstream_runner.part_costs import PartCosts
from mainstream_runner.pipeline.frame_pipeline import FramePipeline
from mainstream_runner.pod.cpu import CpuMeter
from mainstream_runner.pod.following.camera_driver import CameraDriver
from mainstream_runner.pod.following.interrupted import Interruptions
from mainstream_runner.pod.following.long_work import LongWork, Pause, StoppedError
from mainstream_runner.pod.orders import Orders
from mainstream_runner.profiling.drift import drifted_bases
from mainstream_runner.profiling.fit import fit_base
from mainstream_runner.profiling.known_profile import known_profile, read_known_profile
from mainstream_runner.profiling.minute import Minute
from mainstream_runner.profiling.profiler import FrameCosts, IdleCost, Profiler, profiled_versions
from mainstream_runner.profiling.room import memory_limit_bytes
from mainstream_runner.serving.worker import device

_log = logging.getLogger(__name__)
_RETRY_S = 10.0
"""until a profile that can't be made is tried again"""
_LAST_RETRY_S = 3600.0
"""the same of a base network that can't be had, after ever longer: each try stands beside everybody's frames"""


@dataclass(frozen=True)
class _Measurement:
    parts: dict[str, PartCosts]
    unavailable: dict[str, str]
    idle: IdleCost
    frames: FrameCosts | None
    """None where no base network could be had"""


class ProfileFollower:
    """Stepped by one thread, read by any."""

    def __init__(self, file: Path, store: Path, port: int, pipeline: FramePipeline, cpu: CpuMeter) -> None:
        """`file` is where the profile outlives this process, `store` where probe heads are put."""
        self._file = file
        self._store = store
        self._port = port
        self._pipeline = pipeline
        self._cpu = cpu
        self._measuring: LongWork[_Measurement] | None = None
        self._checking: LongWork[dict[str, BaseProfile | None]] | None = None
        self._is_checked = False
        self._retry_s = 0.0
        self._interruptions = Interruptions(file.with_name("profiling.json"), _circumstances())
        self._unavailable: dict[str, str] = {}
        self._tries: dict[str, int] = {}
        """in vain, by base network"""
        self._due_s: dict[str, float] = {}
        """when such a base network is tried again"""
        self.known = read_known_profile(file, device())
        self.problem: str | None = None
        """why it can't be measured"""

    @property
    def is_busy(self) -> bool:
        """Whether something is measured, or what came of it is not taken up yet: plans have to wait for that."""
        return self._measuring is not None or self._checking is not None

    @property
    def unavailable(self) -> dict[str, str]:
        """Base networks that can't be had or measured, and why."""
        problems = self._unavailable | self._interruptions.problems
        return {base: problem for base, problem in problems.items() if base not in self.known.bases}

    @property
    def interrupted(self) -> InterruptedProfiling | None:
        """The base network during whose measurement the runner ended last."""
        return self._interruptions.last

    def start_anew(self, wanted: Wanted) -> None:
        """There are other orders; go on from what the operator knows, where this disk knows nothing."""
        self._retry_s = 0.0
        if wanted.profile is not None and self.known.frames is None:
            known = known_profile(wanted.profile, device(), declared=wanted.declared)
            if known is not None:
                self.known = known
                self.known.keep(self._file)

    def note_decoding(self) -> None:
        """Take up what decoding costs, stream by stream."""
        cameras = self._pipeline.cameras
        if self.known.note_modes(cameras.modes()) | self.known.note_decoding(cameras.decoding_costs()):
            self.known.keep(self._file)

    def learn(self, minute: Minute) -> None:
        """Take up what the plan that is served used in a minute."""
        if self.known.learn(minute):
            _log.info(
                "costs are corrected: %s", {part: round(each, 2) for part, each in self.known.lessons.ratios.items()}
            )
            self.known.keep(self._file)

    def note_duties(self) -> None:
        """Take up how much of the time each view moves."""
        if self.known.note_duties(self._pipeline.gates.duties()):
            self.known.keep(self._file)

    def stop(self) -> None:
        """Give up what is measured: it is measured again later."""
        for work in (self._measuring, self._checking):
            if work is not None:
                work.stop()

    def close(self) -> None:
        """Give up what is measured; this end says nothing against it."""
        self.stop()
        self._interruptions.end()

    def step(self, orders: Orders, *, plan_is_settled: bool) -> None:
        """Take up what was measured, or start to measure what is missing."""
        if self._measuring is not None:
            if not self._measuring.is_running:
                work, self._measuring = self._measuring, None
                self._conclude(orders, work)
        elif self._checking is not None:
            if not self._checking.is_running:
                check, self._checking = self._checking, None
                self._conclude_check(orders, check)
        elif not plan_is_settled:
            return
        elif not self._is_checked:
            self._start_check(orders)
        else:
            self._start_measuring(orders.wanted)

    def _start_check(self, orders: Orders) -> None:
        """Once a start: a node that is not what it was is measured anew."""
        bases = dict(self.known.bases)
        if orders.wanted.declared or not bases:
            self._is_checked = True
            return
        self._checking = LongWork("check-profile", lambda pause: drifted_bases(bases, self._port, pause=pause))

    def _conclude_check(self, orders: Orders, check: LongWork[dict[str, BaseProfile | None]]) -> None:
        """Not while a plan runs, which would stand still for as long: then the profile takes up what was seen."""
        try:
            drifted = check.result()
        except StoppedError:
            return
        except MainstreamError:
            drifted = {}
        self._is_checked = True
        if orders.plan is None:
            if drifted or not self.known.is_of_these_versions:
                self.known.forget()
            return
        for name, base in drifted.items():
            if base is None:
                self.known.bases.pop(name, None)
            else:
                self.known.bases[name] = base
        if drifted:
            self.known.keep(self._file)

    def _start_measuring(self, wanted: Wanted) -> None:
        now_s = time.monotonic()
        self._forget_but(wanted.bases, now_s)
        unknown = [name for name in wanted.bases if name not in self.known.bases]
        due = (name for name in unknown if now_s >= self._due_s.get(name, 0.0))
        missing = tuple(name for name in due if self._interruptions.may_measure(name))
        if not missing or now_s < self._retry_s:
            return
        if self._pipeline.cameras.decoding() is None:
            self.problem = "no stream answers" if wanted.streams else None
            return
        idle, frames = self.known.idle, self.known.frames
        self._measuring = LongWork("profile", lambda pause: self._measure(missing, idle, frames, pause))

    def _measure(
        self, bases: Sequence[str], idle: IdleCost | None, frames: FrameCosts | None, pause: Pause
    ) -> _Measurement:
        """In a thread of its own: what is missing of base networks, idling and frames."""
        driver = CameraDriver(self._pipeline, self._cpu, self._store, pause)
        profiler = Profiler(self._port, self._store, driver, pause=pause)
        parts: dict[str, PartCosts] = {}
        unavailable: dict[str, str] = {}
        for base in bases:
            try:
                with self._interruptions.measuring(base):
                    parts[base] = profiler.part_costs(base)
            except EngineUnavailableError:
                # That says nothing of the base network: what lacks is measured once the worker is back.
                raise
            except MainstreamError as error:
                unavailable[base] = said(error.message)
        idle = idle or profiler.idle()
        if frames is None and parts:
            base = next(iter(parts))
            frames = profiler.frame_costs(base, parts[base], idle)
        return _Measurement(parts, unavailable, idle, frames)

    def _conclude(self, orders: Orders, work: LongWork[_Measurement]) -> None:
        if orders.plan is None:
            # The probe's; an ordered plan takes its place by itself.
            self._pipeline.adopt(None, {})
        try:
            measured = work.result()
        except StoppedError:
            return
        except MainstreamError as error:
            self.problem = said(error.message)
        else:
            self.problem = None
            self._note_unavailable(measured)
            self._take_up(measured)
        self._retry_s = time.monotonic() + _RETRY_S

    def _note_unavailable(self, measured: _Measurement) -> None:
        for name in measured.parts:
            self._due_s.pop(name, None)
        self._unavailable = self._unavailable | measured.unavailable
        for name in measured.unavailable:
            self._tries[name] = self._tries.get(name, 0) + 1
            self._due_s[name] = time.monotonic() + back_off_s(self._tries[name], _LAST_RETRY_S, first_s=_RETRY_S)

    def _forget_but(self, bases: Sequence[str], now_s: float) -> None:
        """What no app names any more is forgotten once it would be tried again."""
        self._due_s = {name: due_s for name, due_s in self._due_s.items() if name in bases or due_s > now_s}
        self._tries = {name: tries for name, tries in self._tries.items() if name in self._due_s}
        self._unavailable = {name: why for name, why in self._unavailable.items() if name in self._due_s}

    def _take_up(self, measured: _Measurement) -> None:
        known, frames = self.known, measured.frames
        known.idle, known.frames = measured.idle, frames
        if frames is not None:
            for name, parts in measured.parts.items():
                known.back_end = parts.back_end
                known.bases[name] = fit_base(parts, frames.scale)
        known.keep(self._file)


def _circumstances() -> str:
    """What a base network that could not be measured is tried again with another one of."""
    return f"{memory_limit_bytes()} {sorted(profiled_versions().items())}"
