"""The way of a frame as one object: decode, sample, score, decide, deliver, under whatever plan it was given last.

Put together once, for `mainstream run` and for a pod alike: they differ in who steers (files that end, or orders that
change), never in what becomes of a frame. Nothing here waits for a camera, a store or a destination; `load` alone
waits, for the engine, and may be called by any thread.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.hosts.connecting import SaysRules, no_rules
from mainstream.messages.alert import Alert
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream_runner.analysed_frame import AnalysedFrame
from mainstream_runner.client import EngineClient
from mainstream_runner.clips.recorder import ClipLimits, ClipRecorder
from mainstream_runner.engine_state import EngineState
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.decider import Decider, NoteFrames
from mainstream_runner.feeder.feeder import Feeder
from mainstream_runner.feeder.routing import Routing
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.feeder.view_gates import ViewGates
from mainstream_runner.pipeline.cameras import Cameras
from mainstream_runner.sinks.alert_delivery import AlertDelivery
from mainstream_runner.sinks.json_lines import AlertFiles
from mainstream_runner.spool.bounds import SpoolLimits
from mainstream_runner.spool.spool import Spool

_LAST_FRAMES_S = 2.0
"""for frames that wait when the cameras are closed; what is not scored by then is counted as dropped"""


@dataclass(frozen=True)
class PipelineStorage:
    """Where on the disk a pipeline keeps what it delivers, and how much of it."""

    spool: Path
    clips: Path
    files: AlertFiles
    spool_limits: SpoolLimits = field(default_factory=SpoolLimits)
    clip_limits: ClipLimits = field(default_factory=ClipLimits)


class FramePipeline:
    """Steered by one thread (`adopt`, `follow`, `sample`, `close`), read by any."""

    def __init__(
        self,
        port: int,
        node: str,
        storage: PipelineStorage,
        *,
        on_alert: Callable[[Alert], None] = lambda alert: None,
        note_frames: NoteFrames = lambda frames: None,
        rules: SaysRules = no_rules,
        measures: bool = False,
    ) -> None:
        """`port` is TorchServe's inference API on loopback.

        `on_alert` gets alerts as they open and close, after the sinks. With `measures`, what ways to decode a stream
        cost is measured beside what is played.
        """
        self._port = port
        self._on_alert = on_alert
        self._lost_plan: str | None = None
        self._closed = False
        self.cameras = Cameras(rules, measures=measures)
        self.counts = FrameCounts()
        self.spool = Spool(storage.spool, storage.spool_limits)
        self.recorder = ClipRecorder(storage.clips, self.cameras.existing_ring, storage.clip_limits)
        self.delivery = AlertDelivery(self.spool, self.recorder, storage.files, node=node, rules=rules)
        self._note_frames = note_frames
        self.decider = Decider(self._deliver, self.delivery.alerts_before, self._note)
        self._feeder = Feeder(port, self.counts, self.decider, self.note_lost_plan)

    # ---- plans ----------------------------------------------------------------------------------------------------

    @property
    def served(self) -> str | None:
        """Digest of the plan that frames run through."""
        return self._feeder.served

    @property
    def quiet_s(self) -> float:
        """Seconds since the engine last scored something."""
        return self._feeder.quiet_s

    @property
    def gates(self) -> ViewGates:
        """Which views move, and at what pace all look."""
        return self._feeder.gates

    @property
    def has_lost_plan(self) -> bool:
        """Whether the engine no longer knows the plan that frames run through: its worker was restarted."""
        return self._lost_plan is not None and self._lost_plan == self._feeder.served

    def note_lost_plan(self, digest: str) -> None:
        """The engine no longer serves that plan."""
        self._lost_plan = digest

    def load(self, plan: RunnerPlan, store: Path, pause: Callable[[float], object] = time.sleep) -> EngineState:
        """Have the engine load a plan beside the one in use; may take minutes, raises as `EngineClient.load` does.

        What `pause` raises ends the waiting.
        """
        with closing(EngineClient(self._port, pause=pause)) as client:
            return client.load(plan, store)

    def adopt(self, routing: Routing | None, keys: Mapping[str, SinkKeys]) -> None:
        """Take up a plan that the engine has loaded (None: nothing) between two frames; sinks come before frames.

        `keys` are of sinks, by `sink_key`. Raises `InvalidInputError` where an app's file leads out of its folder.
        """
        if routing is not None:
            self._lost_plan = None
            self.keep_sinks(routing.plan, keys)
        self._feeder.adopt(routing)

    def keep_sinks(self, plan: RunnerPlan, keys: Mapping[str, SinkKeys]) -> None:
        """Deliver for the apps of a plan; keys of sinks may change without it."""
        self.delivery.keep(plan.apps, keys)

    # ---- frames ---------------------------------------------------------------------------------------------------

    def take(self, stream: str, frame: CapturedFrame) -> None:
        """A frame, in the thread that decoded it; never waits for the engine."""
        self._feeder.take(stream, frame)

    def drain(self, timeout_s: float) -> bool:
        """Wait until nothing waits and nothing is being scored; whether it is so by then."""
        return self._feeder.drain(timeout_s)

    def sample(self) -> None:
        """About once a second: note where counts stand, and close alerts whose frames stay away."""
        self.counts.sample()
        self.decider.close_quiet(time.monotonic())

    # ---- ending ---------------------------------------------------------------------------------------------------

    def close(self, deliver_timeout_s: float = 0.0) -> int:
        """End in the order of a frame's way: what waits is scored or counted, open alerts are closed.

        Waits up to `deliver_timeout_s` for sinks to take what there is; how many deliveries they have not taken. Those
        stay in the spool. Harmless twice.
        """
        if self._closed:
            return 0
        self._closed = True
        self.cameras.close()
        self._feeder.drain(_LAST_FRAMES_S)
        self._feeder.close()
        self.decider.close()
        undelivered = self.delivery.drain(deliver_timeout_s) if deliver_timeout_s else 0
        self.delivery.close()
        self.spool.close()
        return undelivered

    def _note(self, frames: list[AnalysedFrame]) -> None:
        self.delivery.note_frames(frames)
        self._note_frames(frames)

    def _deliver(self, app: RunnerApp, alert: Alert) -> None:
        self.delivery.deliver(app, alert)
        self._on_alert(alert)
