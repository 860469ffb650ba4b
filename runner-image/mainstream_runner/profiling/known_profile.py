"""What is known of a node's profile so far: from its disk, from the operator, from what was measured since."""

import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from mainstream.machine import machine_name
from mainstream.messages.node_profile import BaseProfile, DecodeMode, Device, NodeProfile
from mainstream_runner.decoding.mode_meter import StreamModes
from mainstream_runner.profiling.fit import by_device
from mainstream_runner.profiling.lessons import Lessons
from mainstream_runner.profiling.minute import Minute
from mainstream_runner.profiling.profiler import FrameCosts, IdleCost, profiled_versions

_log = logging.getLogger(__name__)
_DECODED_FRAMES = 600
"""frames of a camera after which what decoding costs is known though its modes could not be measured"""
_OTHER_FPS = 0.05
_OTHER_COST = 0.2
"""by which a mode yields or costs more or less than is known before that is taken up"""


@dataclass
class KnownProfile:
    """A `NodeProfile` once it is enough; changed by one thread."""

    bases: dict[str, BaseProfile] = field(default_factory=dict)
    decode_s: dict[str, float] = field(default_factory=dict)
    decode_modes: dict[str, tuple[DecodeMode, ...]] = field(default_factory=dict)
    duties: dict[str, dict[str, float]] = field(default_factory=dict)
    """share of the time in which a view moves, by stream and view"""
    frames: FrameCosts | None = None
    idle: IdleCost | None = None
    device: Device = "cpu"
    """that networks run on here"""
    back_end: str = ""
    versions: dict[str, str] = field(default_factory=profiled_versions)
    """that it was measured with"""
    lessons: Lessons = field(default_factory=Lessons, compare=False)
    """what plans that ran since taught about it"""

    @property
    def is_of_these_versions(self) -> bool:
        """Whether what runs now is what was measured."""
        return self.versions == profiled_versions()

    def forget(self) -> None:
        """All but what decoding costs: it is measured anew."""
        self.bases, self.frames, self.idle, self.versions = {}, None, None, profiled_versions()
        self.lessons = Lessons()

    def note_modes(self, measured: Mapping[str, StreamModes]) -> bool:
        """Take up what modes of streams cost and yield where that is other than what is known; whether it was.

        While some of them are still to come, what is known from before counts.
        """
        known = self.decode_modes
        found = {
            name: each.modes
            for name, each in measured.items()
            if (each.is_settled or name not in known or len(each.modes) > len(known[name]))
            and is_other(known.get(name, ()), each.modes)
        }
        self.decode_modes |= found
        self.decode_s |= {name: modes[0].used_s / modes[0].fps for name, modes in found.items()}
        return bool(found)

    def note_decoding(self, costs: Mapping[str, tuple[float, int]]) -> bool:
        """Take up what decoding costs (CPU-seconds and frames by stream) where enough was decoded; whether that is
        new."""
        found = {
            name: cpu_s / frames
            for name, (cpu_s, frames) in costs.items()
            if name not in self.decode_s and frames >= _DECODED_FRAMES
        }
        self.decode_s |= found
        return bool(found)

    def note_duties(self, duties: Mapping[str, Mapping[str, float]]) -> bool:
        """Take up how much of the time views move now; whether that is another share than before."""
        new = {stream: {**self.duties.get(stream, {}), **views} for stream, views in duties.items()}
        found = self.duties | new
        changed, self.duties = found != self.duties, found
        return changed

    def learn(self, minute: Minute) -> bool:
        """Take up what a plan used in a minute; whether profiles are others from now on."""
        measured = self._measured()
        if measured is None:
            return False
        try:
            return self.lessons.take(measured, minute.plan, minute.rates, minute.ran, minute.used)
        except KeyError:
            return False  # the plan runs what is not measured yet

    def profile(self) -> NodeProfile | None:
        """The profile, as far as plans can be made with it, by all that is known."""
        measured = self._measured()
        return None if measured is None else self.lessons.corrected(measured)

    def _measured(self) -> NodeProfile | None:
        if self.frames is None or self.idle is None or not self.bases:
            return None
        measured = NodeProfile(
            machine=machine_name(),
            device=self.device,
            back_end=self.back_end,
            versions=dict(self.versions),
            bases=dict(self.bases),
            frame_s=self.frames.frame_s,
            app_s=self.frames.app_s,
            decode_s=dict(self.decode_s),
            decode_modes=dict(self.decode_modes),
            duties=dict(self.duties),
            idle=self.idle.cpu,
            resident_bytes=self.idle.resident_bytes,
        )
        return by_device(measured)

    def keep(self, path: Path) -> None:
        """Write down what the next start need not measure; where the disk is full it measures again."""
        profile = self.profile()
        if profile is None:
            return
        hidden = path.with_name(f".{path.name}")
        try:
            hidden.write_text(profile.model_dump_json(), encoding="utf-8")
            hidden.replace(path)
        except OSError as error:
            _log.warning("the profile could not be kept: %s", error.strerror)


def is_other(known: Sequence[DecodeMode], measured: Sequence[DecodeMode]) -> bool:
    """Whether modes are others than those that are known, or so far from them that it is no noise."""
    before = {mode.name: mode for mode in known}
    return [mode.name for mode in known] != [mode.name for mode in measured] or any(
        abs(mode.fps / before[mode.name].fps - 1) > _OTHER_FPS
        or abs(mode.used_s - before[mode.name].used_s) > _OTHER_COST * before[mode.name].used_s
        for mode in measured
    )


def read_known_profile(path: Path, device: Device = "cpu") -> KnownProfile:
    """What an earlier start measured on this machine and device; nothing where it was another one."""
    with contextlib.suppress(OSError, ValidationError):
        kept = known_profile(NodeProfile.model_validate_json(path.read_bytes()), device)
        return kept or KnownProfile(device=device)
    return KnownProfile(device=device)


def known_profile(known: NodeProfile, device: Device = "cpu", *, declared: bool = False) -> KnownProfile | None:
    """A profile to go on from; None where it says nothing of this machine, or of the device that networks run on.

    One of other versions is better than none after an upgrade: apps are served by it at once, and it is checked.
    """
    if known.device != device or (known.machine != machine_name() and not declared):
        return None
    return KnownProfile(
        bases=dict(known.bases),
        decode_s=dict(known.decode_s),
        decode_modes=dict(known.decode_modes),
        duties=dict(known.duties),
        # The scale of an earlier start is not known; parts of further base networks are taken as they are.
        frames=FrameCosts(known.frame_s, known.app_s, scale=1.0),
        idle=IdleCost(known.idle, known.resident_bytes),
        device=device,
        back_end=known.back_end,
        versions=dict(known.versions),
    )
