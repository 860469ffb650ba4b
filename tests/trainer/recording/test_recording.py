"""Recording from a clip, and from a real RTSP camera that is killed, starts again, or asks for a password."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import av
import pytest
import yaml

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream_trainer.cli.record_job import job_manifest
from mainstream_trainer.recording.connection import CameraAddress
from mainstream_trainer.recording.footage_file import RecordingError
from mainstream_trainer.recording.recorder import Recorder, Recording, RecordingTally

REPOSITORY = Path(__file__).parents[3]
SHARED = Path(os.environ.get("MAINSTREAM_SHARED", REPOSITORY.parent / "shared"))
CLIP = REPOSITORY / "examples" / "plaza" / "plaza.mp4"
FRAMES = 795
MAIN = "import sys; sys.argv[0] = 'mainstream'; from mainstream.cli.main import main; main()"


def recorded(folder: Path, **options: float) -> RecordingTally:
    address = CameraAddress(f"file:{CLIP}")
    return Recorder(Recording(address, "plaza", folder, **options)).run()


def frames_of(path: Path) -> list[float]:
    """Seconds of the pictures, all decoded."""
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.mkv"))


def sidecar(path: Path) -> dict:
    return json.loads(path.with_suffix(".json").read_text())


def test_a_clip_is_cut_at_key_frames_into_files_that_hold_every_frame_once(tmp_path):
    tally = recorded(tmp_path, segment_mebibytes=1.0)
    assert (tally.frames, tally.skipped_frames, tally.interruptions) == (FRAMES, 0, 0)
    decoded = [frames_of(path) for path in files(tmp_path)]
    assert len(decoded) == tally.files >= 3
    assert sum(map(len, decoded)) == FRAMES
    assert all(path.stat().st_size < 1.6 * 2**20 for path in files(tmp_path))


def test_a_sidecar_says_which_second_of_the_file_was_when(tmp_path):
    recorded(tmp_path, segment_mebibytes=1.0)
    for path in files(tmp_path):
        told, seconds = sidecar(path), frames_of(path)
        assert told["file"] == path.name
        assert told["frames"] == len(seconds)
        assert told["bytes"] == path.stat().st_size
        assert [each["s"] for each in told["times"]] == pytest.approx(seconds[::50], abs=0.002)
        times = [datetime.fromisoformat(each["time"]).timestamp() for each in told["times"]]
        assert told["times"][0]["time"] == told["start"]
        assert times[-1] - times[0] == pytest.approx(told["times"][-1]["s"] - told["times"][0]["s"], abs=0.01)
        assert path.name.startswith(told["start"][:19].replace("-", "").replace(":", ""))


def test_the_oldest_files_go_when_there_is_no_room_for_new_ones(tmp_path):
    tally = recorded(tmp_path, segment_mebibytes=1.0, keep_mebibytes=3.0)
    assert tally.deleted_files > 0
    assert len(files(tmp_path)) == tally.files - tally.deleted_files
    assert sum(path.stat().st_size for path in files(tmp_path)) < 3 * 2**20
    assert len(list(tmp_path.glob("*.json"))) == len(files(tmp_path))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"segment_mebibytes": 0.0}, "--segment-mebibytes: must be more than 0"),
        ({"segment_mebibytes": 4.0, "keep_mebibytes": 7.0}, "two segments at least: 8"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(tmp_path, options, match):
    with pytest.raises(InvalidInputError, match=match):
        recorded(tmp_path, **options)


@pytest.mark.parametrize(
    ("url", "user", "match"),
    [
        ("http://camera/x", None, "must start with rtsp"),
        ("rtsp://user:word@camera/x", None, "process lists would show"),
        ("rtsp://camera/x", "user", "give both user and password"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url, user, match):
    with pytest.raises(InvalidInputError, match=match):
        CameraAddress(url, user)


def test_a_password_is_encoded_into_the_address_and_shown_nowhere():
    address = CameraAddress("rtsp://camera:554/x", "me", "p@ss/word")
    assert address.opened() == "rtsp://me:p%40ss%2Fword@camera:554/x"
    assert "word" not in repr(address)


def test_a_full_disk_is_an_error_and_what_was_recorded_stays(tmp_path, monkeypatch):
    recorder = Recorder(Recording(CameraAddress(f"file:{CLIP}"), "plaza", tmp_path, segment_mebibytes=1.0))
    write_text = Path.write_text

    def full(path: Path, *words: object, **options: object) -> int:
        if recorder.tally.files == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write_text(path, *words, **options)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(RecordingError, match="No space left on device"):
        recorder.run()
    first = files(tmp_path)[0]
    assert len(frames_of(first)) == sidecar(first)["frames"]


def test_a_camera_that_is_not_there_is_tried_with_longer_and_longer_pauses(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = CameraAddress(f"rtsp://127.0.0.1:{free.getsockname()[1]}/stream")
    recorder = Recorder(Recording(address, "gone", tmp_path))
    waited: list[float] = []

    def wait(pause_s: float) -> None:
        waited.append(pause_s)
        if len(waited) == 3:
            recorder.stop()

    recorder._wait = wait  # type: ignore[method-assign]
    tally = recorder.run()
    assert waited == [1.0, 2.0, 4.0]
    assert (tally.frames, tally.interruptions) == (0, 3)


def test_the_job_runs_the_trainers_image_without_privileges_and_takes_the_login_from_a_secret():
    job = yaml.safe_load(
        job_manifest(
            name="record",
            namespace="plaza",
            image="trainer:1",
            claim="footage",
            secret="camera",  # noqa: S106
            arguments=["rtsp://camera/x"],
            limit_s=60,
        )
    )
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["command"][-1] == "record"
    assert container["args"] == ["rtsp://camera/x", "--out=/footage"]
    assert {each["name"] for each in container["env"]} == {"MAINSTREAM_CAMERA_USER", "MAINSTREAM_CAMERA_PASSWORD"}
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert job["spec"]["activeDeadlineSeconds"] == 660


class RtspCamera:
    """The RTSP camera of the shared tools, that can be killed and started again."""

    def __init__(self, *login: str) -> None:
        tool = os.environ.get("MAINSTREAM_TEST_RTSP_CAMERA") or shutil.which("rtsp-camera")
        tool = tool or str(SHARED / "camera" / "rtsp-camera")
        if not Path(tool).exists():
            pytest.skip("no camera: put rtsp-camera on PATH or name it in MAINSTREAM_TEST_RTSP_CAMERA")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._line = [tool, str(CLIP), "--port", str(self._port), *login]
        self.url = f"rtsp://127.0.0.1:{self._port}/stream"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._answers, "the camera; see what rtsp-camera --help says it needs")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
            return True
        if self._process.poll() is not None:
            pytest.skip("the camera does not start; see what rtsp-camera --help says it needs")
        return False


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    made = RtspCamera("--user", "me", "--password", "p@ss word")
    yield made
    made.kill()


def wait_for(condition: Callable[[], bool], what: str, within_s: float = 60.0) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, f"waited {within_s:g} s for {what}"
        time.sleep(0.1)


@pytest.fixture
def command(camera: RtspCamera, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    """Start `mainstream record` on the camera, with its login in the environment."""
    started: list[subprocess.Popen] = []
    login = {"MAINSTREAM_CAMERA_USER": "me", "MAINSTREAM_CAMERA_PASSWORD": "p@ss word"}

    def start(*options: str) -> subprocess.Popen:
        line = [sys.executable, "-c", MAIN, "record", camera.url, "--out", str(tmp_path), *options]
        process = subprocess.Popen(
            line, env={**os.environ, **login}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=10)


def frames_there(folder: Path) -> int:
    total = 0
    for path in files(folder):
        with suppress(av.error.FFmpegError, MainstreamError):
            total += len(frames_of(path))
    return total


def test_a_recorder_killed_in_the_middle_leaves_files_that_can_be_read(command, tmp_path):
    process = command("--segment-mebibytes", "0.2")
    wait_for(lambda: len(files(tmp_path)) == 2 and frames_there(tmp_path) > 60, "two files")
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    first, last = files(tmp_path)
    assert len(frames_of(first)) == sidecar(first)["frames"]
    assert len(frames_of(last)) > 0
    assert sidecar(last)["end"] is None
    assert sidecar(first)["end"] is not None


def test_a_camera_that_goes_away_is_counted_and_recorded_again(command, camera, tmp_path):
    process = command()
    wait_for(lambda: frames_there(tmp_path) > 10, "frames")
    camera.kill()
    time.sleep(0.5)
    camera.start()
    before = frames_there(tmp_path)
    wait_for(lambda: len(files(tmp_path)) >= 2 and frames_there(tmp_path) > before + 10, "frames of the new camera")
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "1 interruption," in said.replace("\n", "") or "2 interruptions" in said.replace("\n", "")
    assert "p@ss" not in said
    assert all(sidecar(path)["end"] is not None for path in files(tmp_path))
    now_s = time.time()
    assert abs(datetime.fromisoformat(sidecar(files(tmp_path)[-1])["end"]).timestamp() - now_s) < 30


def test_a_wrong_password_ends_with_what_the_camera_said(camera, tmp_path):
    (tmp_path / "word").write_text("another\n")
    line = [sys.executable, "-c", MAIN, "record", camera.url, "--out", str(tmp_path / "out"), "--duration", "2"]
    result = subprocess.run(
        [*line, "--user", "me", "--password-file", str(tmp_path / "word")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 2
    assert "no frame came (refuses the login" in result.stderr
    assert "another" not in result.stdout + result.stderr
