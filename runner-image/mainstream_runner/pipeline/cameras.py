"""The cameras of one pipeline: started, replaced and ended as what is wanted changes, each with a ring for clips."""

from collections.abc import Iterable, Mapping

from mainstream.api.video_stream import Mask
from mainstream.hosts.connecting import SaysRules, no_rules
from mainstream.messages.runner_orders import Login
from mainstream.messages.runner_plan import RunnerPlan, RunnerStream
from mainstream.messages.status_report import StreamStatusReport
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.decoding.mode_meter import StreamModes
from mainstream_runner.feeder.camera import TakeFrame
from mainstream_runner.pipeline.stream_player import StreamPlayer

_UNNEEDED_FPS = 1.0
"""of a stream that no app looks at"""


class Cameras:
    """Followed by one thread, read by any."""

    def __init__(self, rules: SaysRules = no_rules, *, measures: bool = False) -> None:
        """With `measures`, what ways to decode a stream cost is measured beside what is played."""
        self._rules = rules
        self._measures = measures
        self._cameras: dict[str, StreamPlayer] = {}
        self._rings: dict[str, PacketRing] = {}
        self._filmed: dict[str, tuple[Mask, ...]] = {}
        """what nobody may see, by stream of which packets are kept"""

    def follow(
        self,
        streams: Iterable[RunnerStream],
        logins: Mapping[str, Login],
        take: TakeFrame,
        needed_fps: Mapping[str, float],
    ) -> None:
        """Play exactly these streams, without end; one whose address, rate or login changed is opened anew, one that is
        to be decoded otherwise goes on. `needed_fps` is how often the fastest app of a stream looks."""
        wanted = {stream.name: stream for stream in streams}
        for name, camera in list(self._cameras.items()):
            stream = wanted.get(name)
            if stream is None or not _is_of(camera, stream, logins.get(name)):
                # Ended in its own time: a camera that hangs must not hold up the others.
                self._cameras.pop(name).stop()
                self._rings.pop(name, None)
        for name in wanted.keys() - self._cameras.keys():
            self._cameras[name] = StreamPlayer(
                wanted[name], logins.get(name), take, self.ring(name), rules=self._rules, measures=self._measures
            )
        for name, camera in self._cameras.items():
            camera.decode(wanted[name], needed_fps.get(name, _UNNEEDED_FPS))

    def film(self, plan: RunnerPlan | None) -> None:
        """Keep packets for clips and pictures of exactly those streams of which an app of the plan wants some."""
        apps = () if plan is None else plan.apps
        wanted = {app.stream for app in apps if app.wants_pictures}
        streams = () if plan is None else plan.streams
        self._filmed = {stream.name: stream.masks for stream in streams if stream.name in wanted}
        for name, ring in list(self._rings.items()):
            self._keep(name, ring)

    def ring(self, stream: str) -> PacketRing:
        """Where the stream's packets are kept for clips; made where there is none yet."""
        if stream not in self._rings:
            self._rings[stream] = PacketRing()
            self._keep(stream, self._rings[stream])
        return self._rings[stream]

    def existing_ring(self, stream: str) -> PacketRing | None:
        """The same; None for a stream that does not play."""
        return self._rings.get(stream)

    def decoding(self) -> RunnerStream | None:
        """A stream that delivers frames now, one that is decoded whole where there is one; None while none does."""
        reports = [(camera.stream, camera.report()) for camera in self._all()]
        found = [(report.decode != "all", stream) for stream, report in reports if report.state == "decoding"]
        return min(found, key=lambda each: each[0], default=(False, None))[1]

    def decode_cpu_s(self) -> float:
        """CPU-seconds that decoding took so far, over the cameras that play now."""
        return sum(camera.decoding_cost()[0] for camera in self._all())

    def decoding_costs(self) -> dict[str, tuple[float, int]]:
        """CPU-seconds spent on decoding so far and frames that came of it, by stream that is decoded whole."""
        return {camera.stream.name: camera.decoding_cost() for camera in self._all() if camera.is_whole}

    def modes(self) -> dict[str, StreamModes]:
        """What ways to decode a stream cost and yield, by stream that was measured."""
        measured = {camera.stream.name: camera.stream_modes() for camera in self._all()}
        return {name: modes for name, modes in measured.items() if modes is not None}

    def reports(self) -> dict[str, StreamStatusReport]:
        """How each goes."""
        return {camera.stream.name: camera.report() for camera in self._all()}

    def are_playing(self) -> bool:
        """Whether one was not told to end."""
        return any(camera.is_playing for camera in self._all())

    def stop(self, stream: str) -> None:
        """End one soon, and keep its place."""
        if stream in self._cameras:
            self._cameras[stream].stop()

    def close(self) -> None:
        """End all soon; does not wait."""
        for camera in self._all():
            camera.stop()

    def _keep(self, stream: str, ring: PacketRing) -> None:
        # Masks first: no packet is there before it is known what of it may be shown.
        ring.masks = self._filmed.get(stream, ring.masks)
        ring.want(stream in self._filmed)

    def _all(self) -> list[StreamPlayer]:
        return list(self._cameras.values())


def _is_of(camera: StreamPlayer, stream: RunnerStream, login: Login | None) -> bool:
    now = camera.stream
    return (now.url, now.fps, now.substream, camera.login) == (stream.url, stream.fps, stream.substream, login)
