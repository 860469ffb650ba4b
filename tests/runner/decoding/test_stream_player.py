"""A camera and its substream: one of the two delivers, and a change between them loses no frame that is due."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from scripted_camera import ScriptedCamera, pictures_of

from mainstream.hosts.connecting import no_rules
from mainstream.messages.runner_plan import RunnerStream, RunnerSubstream
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.pipeline.stream_player import StreamPlayer

OWN, SMALL = (320, 240), (160, 120)
Play = Callable[..., "Scene"]


@dataclass
class Scene:
    """A player at work, and what it delivered."""

    player: StreamPlayer
    ring: PacketRing
    taken: list[CapturedFrame] = field(default_factory=list)

    def decode(self, mode: str) -> None:
        """Step as a runner does, whose fastest app looks five times a second."""
        self.player.decode(self.player.stream.model_copy(update={"decode": mode}), 5.0)

    def wait_for(self, condition: Callable[[], bool], mode: str, timeout_s: float = 90.0) -> None:
        """Step until it is so."""
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s, self.player.report()
            self.decode(mode)
            time.sleep(0.02)

    def sources(self) -> list[bool]:
        """Whether each frame came of the substream."""
        return [frame.of_size is not None for frame in self.taken]


@pytest.fixture
def play(make_clip, monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    """Plays clips as cameras at ten frames a second; the substream ends after so many frames, and can be opened anew
    after two seconds."""
    monkeypatch.setattr("mainstream_runner.feeder.camera.back_off_s", lambda _failures, _most_s: 2.0)
    scenes: list[tuple[Scene, tuple[ScriptedCamera, ...]]] = []

    def camera(size: int, frames: int) -> ScriptedCamera:
        clip = make_clip(frames=frames, size=size)
        return ScriptedCamera(pictures_of(clip), fps=10.0)

    def playing(small_frames: int = 900) -> Scene:
        own, small = camera(OWN[0], 900), camera(SMALL[0], small_frames)
        stream = RunnerStream(
            name="s", url=own.url, fps=10.0, crops={}, substream=RunnerSubstream(url=small.url, fps=10.0)
        )
        ring = PacketRing()
        ring.want(True)
        taken: list[CapturedFrame] = []
        player = StreamPlayer(stream, None, lambda _, frame: taken.append(frame), ring, rules=no_rules, measures=True)
        scenes.append((Scene(player, ring, taken), (own, small)))
        return scenes[-1][0]

    yield playing
    for scene, cameras in scenes:
        scene.player.stop()
        for each in cameras:
            each.close()


def test_the_substream_is_measured_beside_the_stream_and_closed_again(play: Play) -> None:
    scene = play()
    scene.wait_for(lambda: len(scene.player.modes()) > 2, "all")
    whole, keys, small = scene.player.modes()
    assert [mode.name for mode in (whole, keys, small)] == ["all", "keyframes", "substream"]
    assert small.fps == pytest.approx(10.0, rel=0.1)
    assert small.used_s > 0
    scene.wait_for(lambda: (found := scene.player.stream_modes()) is not None and found.is_settled, "all")
    assert scene.player.is_whole
    assert not any(scene.sources())
    assert scene.player.report().modes == scene.player.modes()


def test_frames_are_the_substreams_from_its_first_on_and_the_streams_again_at_once(play: Play) -> None:
    scene = play()
    scene.wait_for(lambda: len(scene.taken) > 5, "all")
    scene.wait_for(lambda: scene.sources().count(True) > 15, "substream")
    report = scene.player.report()
    assert (report.state, report.decode, report.decode_problem) == ("decoding", "substream", None)
    assert (report.width, report.height) == OWN
    frame = scene.taken[-1]
    assert (frame.picture.width, frame.picture.height, frame.of_size) == (*SMALL, OWN)
    kept = scene.ring.between(0.0, time.monotonic())
    assert time.monotonic() - kept[-1].read_s < 2.0
    known = len(scene.taken)
    scene.wait_for(lambda: len(scene.taken) > known + 10, "all")
    # Both changes were made once, and hardly more time passed over them than between any two frames.
    sources = scene.sources()
    assert sum(one != other for one, other in pairwise(sources)) == 2
    gaps_s: dict[bool, list[float]] = {True: [], False: []}
    for early, late in pairwise(scene.taken):
        gaps_s[early.of_size == late.of_size].append(late.due_s - early.due_s)
    assert max(gaps_s[False]) < max(gaps_s[True]) + 0.2
    assert scene.player.report().decode_errors == 0


def test_where_the_substream_ends_the_stream_itself_is_decoded_until_it_is_back(play: Play) -> None:
    scene = play(small_frames=30)
    scene.wait_for(lambda: any(scene.sources()), "substream")
    scene.wait_for(lambda: not scene.sources()[-1], "substream")
    told = scene.player.report()
    assert told.state == "decoding"
    assert told.decode == "all"
    assert told.decode_problem is not None
    assert told.decode_problem.startswith("the substream has sent no frame for 1.")
    known = len(scene.taken)
    scene.wait_for(lambda: any(scene.sources()[known:]), "substream")
    report = scene.player.report()
    assert (report.decode, report.decode_problem) == ("substream", None)
    silent_s = max(late.due_s - early.due_s for early, late in pairwise(scene.taken))
    assert silent_s < 3.0


def test_a_substream_that_cannot_be_opened_is_told_and_alerts_go_on(play: Play) -> None:
    scene = play()
    nowhere = RunnerSubstream(url="rtsp://127.0.0.1:9/small", fps=5.0)
    scene.player.stream = scene.player.stream.model_copy(update={"substream": nowhere})
    scene.wait_for(lambda: scene.player.report().decode_problem is not None, "substream")
    report = scene.player.report()
    assert report.decode_problem is not None
    assert report.decode_problem.startswith("the substream cannot be read (")
    assert (report.state, report.decode) == ("decoding", "all")
    known = len(scene.taken)
    scene.wait_for(lambda: len(scene.taken) > known + 10, "substream")
