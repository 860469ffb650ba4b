"""Profiles the node in the pod itself, with the feeder that will run the plans: what is measured is what will be used.

Segments and heads are measured in the worker, the idle processes and a live run of a head that never hits through
TorchServe and feeder; decoding by the cameras' own threads, whenever they have decoded enough. What was measured is
kept on disk, so that a restart serves at once.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from pydantic import ValidationError

from mainstream.errors import MainstreamError
from mainstream.machine import machine_name
from mainstream.node_profile import BaseProfile, NodeProfile
from mainstream.runner_plan import RunnerPlan, RunnerStream
from mainstream_runner.client import EngineClient
from mainstream_runner.engine_state import EngineState
from mainstream_runner.feeder.camera import Camera
from mainstream_runner.part_costs import PartCosts
from mainstream_runner.profiling.fit import fit_app_s, fit_base, fit_frame_s, fit_scale
from mainstream_runner.profiling.node import PROBE_APPS, PROFILED_VERSIONS, probe_plan, zero_head

_log = logging.getLogger(__name__)
_PARTS_FPS = 24.0
_PARTS_S = 6.0
_CHECK_S = 1.0
_CHECKS = 3
"""in a row that have to disagree with an earlier profile: other work on the node disturbs one"""
_MOST_DRIFT = 0.1
"""by which a base network may cost more or less than in the profile of an earlier start"""
_IDLE_S = 2.0
_LIVE_FPS = 5.0
"""analysed frames per second of the live run; plans on a small node run at 1 to 10"""
_LIVE_S = 5.0
_DECODED_FRAMES = 30
"""frames of a camera after which what decoding costs is told"""


def _versions() -> dict[str, str]:
    return {name: version(name) for name in PROFILED_VERSIONS}


@dataclass
class Measured:
    """What is known so far; a `NodeProfile` once it is enough."""

    bases: dict[str, BaseProfile] = field(default_factory=dict)
    decode_s: dict[str, float] = field(default_factory=dict)
    frame_s: float | None = None
    app_s: float = 0.0
    idle: float | None = None
    resident_bytes: int = 0
    back_end: str = ""
    versions: dict[str, str] = field(default_factory=_versions)
    """that it was measured with"""
    scale: float = 1.0
    """what parts cost in service against what they cost measured one by one; not kept, only needed with new bases"""

    @property
    def is_of_these_versions(self) -> bool:
        """Whether what runs now is what was measured."""
        return self.versions == _versions()

    def forget(self) -> None:
        """All but what decoding costs: it is measured anew."""
        self.bases, self.frame_s, self.idle, self.versions = {}, None, None, _versions()

    def profile(self) -> NodeProfile | None:
        """The profile, as far as plans can be made with it."""
        if self.frame_s is None or self.idle is None or not self.bases:
            return None
        return NodeProfile(
            machine=machine_name(),
            back_end=self.back_end,
            versions=dict(self.versions),
            bases=dict(self.bases),
            frame_s=self.frame_s,
            app_s=self.app_s,
            decode_s=dict(self.decode_s),
            idle=self.idle,
            resident_bytes=self.resident_bytes,
        )


def read_measured(path: Path) -> Measured:
    """What an earlier start measured on this machine; nothing where it was another one."""
    try:
        known = NodeProfile.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return Measured()
    return measured_before(known) or Measured()


def measured_before(known: NodeProfile, *, declared: bool = False) -> Measured | None:
    """A profile to go on from; None where it says nothing of this machine.

    One of other versions is better than none after an upgrade: apps are served by it at once, and it is checked.
    """
    if known.machine != machine_name() and not declared:
        return None
    return Measured(
        bases=dict(known.bases),
        decode_s=dict(known.decode_s),
        frame_s=known.frame_s,
        app_s=known.app_s,
        idle=known.idle,
        resident_bytes=known.resident_bytes,
        back_end=known.back_end,
        versions=dict(known.versions),
    )


def keep_measured(path: Path, measured: Measured) -> None:
    """Write down what the next start need not measure."""
    profile = measured.profile()
    if profile is not None:
        hidden = path.with_name(f".{path.name}")
        hidden.write_text(profile.model_dump_json(), encoding="utf-8")
        hidden.replace(path)


def note_decoding(measured: Measured, cameras: Mapping[str, Camera]) -> bool:
    """Take up what decoding costs, stream by stream, once enough was decoded; whether there was something new."""
    new = False
    for name, camera in cameras.items():
        cpu_s, frames = camera.decoding_cost()
        if name not in measured.decode_s and frames >= _DECODED_FRAMES:
            measured.decode_s[name] = cpu_s / frames
            new = True
    return new


@dataclass(frozen=True)
class Bench:
    """What profiling needs of the runner."""

    port: int
    store: Path
    cpu_s: Callable[[], float]
    """CPU-seconds of all processes so far"""
    cameras: Callable[[], Mapping[str, Camera]]
    play: Callable[[RunnerPlan], None]
    """have a plan served by engine and feeder"""
    analysed: Callable[[str], int]
    """frames of an app that were analysed so far"""
    resident_bytes: Callable[[], int]
    """memory of all processes"""


def measure_bases(measured: Measured, wanted: tuple[str, ...], bench: Bench) -> dict[str, str]:
    """Measure what is missing of base networks, frames and idling; bases that can't be had, and why.

    Needs a camera that answers; without one the rest waits, and is tried again.
    """
    unavailable: dict[str, str] = {}
    parts: dict[str, PartCosts] = {}
    with closing(EngineClient(bench.port)) as client:
        for name in wanted:
            if name in measured.bases and measured.frame_s is not None:
                continue
            try:
                parts[name] = client.part_costs(name, _PARTS_FPS, _PARTS_S)
                measured.back_end = parts[name].back_end
            except MainstreamError as error:
                unavailable[name] = error.message[:512]
    if measured.idle is None:
        measured.idle, measured.resident_bytes = _idle(bench), bench.resident_bytes()
    if parts and measured.frame_s is None:
        base = next(iter(parts))
        live = _live_runs(base, parts[base], measured.idle, bench)
        if live is not None:
            measured.frame_s, measured.app_s, measured.scale = live
    if measured.frame_s is not None:
        measured.bases |= {name: fit_base(costs, measured.scale) for name, costs in parts.items()}
    return unavailable


def drifted_bases(measured: Measured, port: int) -> dict[str, BaseProfile | None]:
    """Base networks that cost over a tenth more or less now than an earlier start measured, with the profile that they
    have by that; None for one that is another network now. A second for each that has not drifted, three for one that
    has; frames are scored meanwhile."""
    drifted: dict[str, BaseProfile | None] = {}
    with closing(EngineClient(port)) as client:
        for name, base in measured.bases.items():
            try:
                checked = _checked(client, name, base)
            except MainstreamError as error:
                _log.warning("base network %s could not be checked: %s", name, error)
                continue
            if checked != base:
                drifted[name] = checked
    return drifted


def _checked(client: EngineClient, name: str, base: BaseProfile) -> BaseProfile | None:
    least = 1.0
    for number in range(_CHECKS):
        checked = client.whole_cost(name, _PARTS_FPS, _CHECK_S)
        if checked.digest != base.digest:
            return None
        ratio = checked.whole_s / base.timed_s if base.timed_s else 1.0
        if abs(ratio - 1) <= _MOST_DRIFT or (number and (ratio > 1) != (least > 1)):
            return base
        least = ratio if number == 0 else min(least, ratio, key=lambda each: abs(each - 1))
    return slower(base, least)


def slower(base: BaseProfile, ratio: float) -> BaseProfile:
    """What a base network costs where all of it takes `ratio` times as long."""
    return base.model_copy(
        update={
            "stem_s": tuple(ratio * each for each in base.stem_s),
            "head_s": tuple(ratio * each for each in base.head_s),
            "timed_s": ratio * base.timed_s,
        }
    )


def _idle(bench: Bench) -> float:
    """CPU-seconds per second of all processes with no frame to analyse; what cameras decode is not idling."""
    start_s, cpu_s, decoding_s = time.monotonic(), bench.cpu_s(), _decoding(bench)
    time.sleep(_IDLE_S)
    used_s = bench.cpu_s() - cpu_s - (_decoding(bench) - decoding_s)
    return max(0.0, used_s) / (time.monotonic() - start_s)


def _live_runs(base: str, parts: PartCosts, idle: float, bench: Bench) -> tuple[float, float, float] | None:
    """Seconds per frame and view, and per frame and app, beyond the network, and what the engine makes of the parts in
    service; None while no camera answers."""
    one = _live_run(base, parts, idle, bench, 1)
    several = _live_run(base, parts, idle, bench, PROBE_APPS)
    if one is None or several is None:
        return None
    scale = fit_scale(parts, one.scored_s)
    app_s = fit_app_s(one.frame_s, several.frame_s, PROBE_APPS)
    return fit_frame_s(one.frame_s, app_s, fit_base(parts, scale)), app_s, scale


@dataclass(frozen=True)
class _LiveRun:
    frame_s: float
    """CPU-seconds per analysed frame, of all processes, without idling and decoding"""
    scored_s: float
    """those of them from pixels to scores"""


def _live_run(base: str, parts: PartCosts, idle: float, bench: Bench, apps: int) -> _LiveRun | None:
    playing = [c for c in bench.cameras().values() if c.report().state == "decoding"]
    if not playing:
        return None
    stream = RunnerStream(name=playing[0].stream.name, url="", fps=playing[0].stream.fps, crops={"full": None})
    plan = probe_plan(stream, base, parts, min(_LIVE_FPS, stream.fps), zero_head(bench.store, parts), apps)
    app = plan.apps[0].name
    bench.play(plan)
    engine_before = _engine(bench)
    start_s, cpu_s, decoding_s = time.monotonic(), bench.cpu_s(), _decoding(bench)
    before = bench.analysed(app)
    time.sleep(_LIVE_S)
    seconds, analysed = time.monotonic() - start_s, bench.analysed(app) - before
    if analysed < _LIVE_S:
        return None
    used_s = bench.cpu_s() - cpu_s - (_decoding(bench) - decoding_s)
    engine = _engine(bench)
    scored_frames = engine.scored_frames - engine_before.scored_frames
    return _LiveRun(
        frame_s=max(0.0, used_s - idle * seconds) / analysed,
        scored_s=(engine.scored_s - engine_before.scored_s) / max(1, scored_frames),
    )


def _engine(bench: Bench) -> EngineState:
    with closing(EngineClient(bench.port)) as client:
        return client.state()


def _decoding(bench: Bench) -> float:
    return sum(camera.decoding_cost()[0] for camera in bench.cameras().values())
