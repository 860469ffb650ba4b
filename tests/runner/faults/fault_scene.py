"""A scene for faults: a runner that serves two apps of a camera to a webhook, and what came of a fault on it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from fault_stage import Stage, staged, webhook
from fault_surroundings import Camera, Receiver, Wire
from fault_tools import wait_for

FPS = 5.0
LONGEST_S = 90.0
"""until a runner that was disturbed goes on"""
START_S = 180.0
"""until one serves that begins with an empty disk, maybe beside others' work"""


@dataclass(frozen=True)
class Outcome:
    """What came of one fault."""

    fault: str
    recovery_s: float
    """from the fault's end (of what was killed: from the kill) until a frame is analysed again"""
    frames_lost: int
    """due frames that were dropped, or that came while nobody was there to take them"""
    events_reported: int
    events_missing: int
    """reported, and never arrived at their sink"""
    notes: str = ""

    @property
    def kept(self) -> bool:
        """Whether nothing that had been reported was lost."""
        return self.events_missing == 0


@dataclass
class Scene:
    """A stage with a plan that is served, and the webhook that its events go to."""

    stage: Stage
    receiver: Receiver

    def missing(self) -> int:
        """Events that were reported and have not arrived."""
        app = self.stage.app()
        return app.delivery.alerts - app.delivery.lost - len(self.receiver.lines())

    def settle(self, timeout_s: float = LONGEST_S) -> int:
        """Wait until all that was reported has arrived; how many have not."""
        with contextlib.suppress(TimeoutError):
            wait_for(lambda: self.missing() <= 1, timeout_s)
        # The event of this very moment may be on its way.
        app = self.stage.app()
        reported = app.delivery.alerts
        with contextlib.suppress(TimeoutError):
            wait_for(lambda: len(self.receiver.lines()) >= reported - app.delivery.lost, 10.0)
        return max(0, reported - app.delivery.lost - len(self.receiver.lines()))

    def recovery_s(self) -> float:
        """Seconds until another frame is analysed."""
        return self.stage.moves(LONGEST_S)


@dataclass
class CameraScene(Scene):
    """With a camera, and what lies between."""

    camera: Camera
    wire: Wire


@contextlib.contextmanager
def scene(folder: Path, clip: Path) -> Iterator[CameraScene]:
    """A runner that serves two apps of a camera, to a webhook."""
    with contextlib.ExitStack() as stack:
        stage, receiver = stack.enter_context(staged(folder, clip))
        camera = Camera(looped(clip, folder / "long.mp4", 20))
        stack.callback(camera.stop)
        wire = Wire(camera.port)
        stack.callback(wire.close)
        stage.order(stage.make_plan(wire.url, [(15, FPS), (12, 2.0)], [webhook(receiver)]))
        stage.start()
        wait_for(stage.serves, START_S)
        yield CameraScene(stage, receiver, camera, wire)


def looped(clip: Path, path: Path, times: int, *, width: int | None = None, seconds: float | None = None) -> Path:
    """The clip so many times in a row, without encoding again; or encoded in another size."""
    with av.open(str(path), "w") as output:
        with av.open(str(clip)) as first:
            source = first.streams.video[0]
            if width is not None:
                return _resized(clip, output, width, seconds or 20.0, path)
            stream = output.add_stream_from_template(source)
        offset = 0
        for _ in range(times):
            with av.open(str(clip)) as again:
                first_dts, last = None, 0
                for packet in again.demux(video=0):
                    if packet.dts is None or packet.pts is None:
                        continue
                    first_dts = packet.dts if first_dts is None else first_dts
                    last = max(last, packet.dts + (packet.duration or 0))
                    packet.pts, packet.dts, packet.stream = packet.pts + offset, packet.dts + offset, stream
                    output.mux(packet)
                offset += last - (first_dts or 0)
    return path


def _resized(clip: Path, output: Any, width: int, seconds: float, path: Path) -> Path:
    stream = output.add_stream("libx264", rate=10)
    stream.width, stream.height, stream.pix_fmt = width, width * 3 // 4, "yuv420p"
    stream.options = {"preset": "ultrafast", "tune": "zerolatency"}
    with av.open(str(clip)) as source:
        for index, picture in enumerate(source.decode(video=0)):
            if index > seconds * 10:
                break
            scaled = picture.reformat(width=stream.width, height=stream.height)
            scaled.pts, scaled.time_base = index, Fraction(1, 10)
            output.mux(stream.encode(scaled))
    output.mux(stream.encode(None))
    output.close()
    return path
