"""Whole runs: two processes, a real clip, in real time."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import av
import psutil
import pytest
from scripted_camera import ScriptedCamera, pictures_of

from mainstream.api.sinks.sink import JsonLinesSink
from mainstream.api.video_stream import Crop
from mainstream.errors import MainstreamError
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.manifest import TrainedView
from mainstream_runner.run import RunProgress, run_plan_on
from mainstream_runner.serving.torchserve import TorchServe

CRASHING_PARENT = """
import sys
from pathlib import Path
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.run import run_plan
plan = RunnerPlan.model_validate_json(Path(sys.argv[1]).read_text())
run_plan(plan, Path(sys.argv[2]), Path(sys.argv[3]), on_progress=lambda progress: print("playing", flush=True))
"""


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("sharing", [True, False])
def test_every_app_gets_its_rate_and_every_frame_is_counted(
    server: TorchServe, make_plan, store: Path, tmp_path: Path, *, sharing: bool
) -> None:
    plan: RunnerPlan = make_plan([(15, 5.0), (13, 2.0), (15, 1.0)], sharing=sharing)
    heard: list[RunProgress] = []
    report = run_plan_on(server, plan, store, tmp_path, start_frame=100, end_frame=160, on_progress=heard.append)
    assert report.seconds == pytest.approx(6.0, abs=0.3)
    assert 0 < report.cpu_used < 2
    for app in report.apps:
        frames = app.frames
        assert frames.captured == 60
        assert frames.captured == frames.analysed + frames.skipped + frames.dropped
        assert frames.waiting == 0
        assert frames.analysed + frames.dropped == app.fps_planned * 6
        scored = [line for line in lines(report.frames_path) if line["app"] == app.name]
        assert len(scored) == frames.analysed
        assert [line["captured_s"] for line in scored] == [line["frame"] / 10 for line in scored]
        assert all(100 <= line["frame"] < 160 for line in scored)
    seen = {
        app.name: {line["frame"] for line in lines(report.frames_path) if line["app"] == app.name} for app in plan.apps
    }
    assert sharing is False or seen["app-2"] <= seen["app-1"] <= seen["app-0"]
    opened = sum(
        line["event"] == "opened" for app in plan.apps for line in lines(tmp_path / f"events/{app.name}.jsonl")
    )
    assert opened == sum(app.reports for app in report.apps)
    assert [each for each in heard if each.alert is None]
    assert (tmp_path / "feeder.log").read_text() == ""


def test_a_run_that_is_interrupted_ends_with_its_result(
    server: TorchServe, make_plan, store: Path, tmp_path: Path
) -> None:
    plan: RunnerPlan = make_plan([(15, 5.0)])

    interrupted: list[float] = []

    def interrupt(progress: RunProgress) -> None:
        if progress.seconds >= 1 and not interrupted:
            interrupted.append(progress.seconds)
            os.kill(os.getpid(), signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    report = run_plan_on(server, plan, store, tmp_path, on_progress=interrupt, until_interrupted=True)
    assert 1 <= report.seconds < 10
    (app,) = report.apps
    assert app.frames.analysed + app.frames.skipped + app.frames.dropped == app.frames.captured > 0
    assert len(lines(report.frames_path)) == app.frames.analysed
    assert signal.getsignal(signal.SIGINT) is handler


def hurry(clip: Path, path: Path) -> Path:
    """The same frames, 120 a second."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None and packet.pts is not None:
                packet.pts, packet.dts, packet.duration = packet.pts // 12, packet.dts // 12, packet.duration // 12
                packet.stream = stream
                output.mux(packet)
    return path


def test_what_an_overloaded_engine_cannot_take_is_counted_as_dropped(
    server: TorchServe, make_plan, store: Path, clip: Path, tmp_path: Path
) -> None:
    hurried = hurry(clip, tmp_path / "hurried.mp4")
    # Two would not do: a fast machine runs so many whole networks in time.
    plan: RunnerPlan = make_plan([(0, 120.0)] * 10, sharing=False, fps=120.0, url=f"file:{hurried}")
    report = run_plan_on(server, plan, store, tmp_path, end_frame=240)
    assert sum(app.frames.dropped for app in report.apps) > 0
    for app in report.apps:
        assert app.frames.captured == app.frames.analysed + app.frames.skipped + app.frames.dropped == 240


def test_a_worker_killed_while_playing_comes_back_and_no_frame_goes_uncounted(
    server: TorchServe, make_plan, store: Path, tmp_path: Path
) -> None:
    killed: list[psutil.Process] = []

    def kill_once(progress: RunProgress) -> None:
        if not killed:
            runner = psutil.Process(server.guard.pid).children(recursive=True)
            (worker,) = (process for process in runner if "model_service_worker" in " ".join(process.cmdline()))
            worker.kill()
            killed.append(worker)

    report = run_plan_on(server, make_plan([(15, 10.0)]), store, tmp_path, end_frame=120, on_progress=kill_once)
    (app,) = report.apps
    assert killed
    assert app.frames.captured == app.frames.analysed + app.frames.skipped + app.frames.dropped == 120
    assert max(line["frame"] for line in lines(report.frames_path)) == 119


@pytest.mark.parametrize(
    ("content", "says"), [(None, "no such file"), (b"no video " * 1000, "cannot be decoded as video")]
)
def test_a_clip_that_cannot_be_decoded_is_one_sentence_naming_it(
    server: TorchServe, make_plan, store: Path, tmp_path: Path, content: bytes | None, says: str
) -> None:
    clip = tmp_path / "clip.mp4"
    if content is not None:
        clip.write_bytes(content)
    plan = make_plan([(15, 1.0)], url=f"file:{clip}")
    with pytest.raises(MainstreamError, match=f"{clip}: .*{says}"):
        run_plan_on(server, plan, store, tmp_path / "out")


def test_a_start_past_the_end_of_the_clip_is_one_sentence(
    server: TorchServe, make_plan, store: Path, tmp_path: Path
) -> None:
    with pytest.raises(MainstreamError, match="has 795 frames, none from 5000 on"):
        run_plan_on(server, make_plan([(15, 1.0)]), store, tmp_path, start_frame=5000)


def test_a_sink_outside_the_event_folder_is_refused(server: TorchServe, make_plan, store: Path, tmp_path: Path) -> None:
    plan: RunnerPlan = make_plan([(15, 1.0)])
    sink = JsonLinesSink(path="../x.jsonl")
    plan = plan.model_copy(update={"apps": (plan.apps[0].model_copy(update={"sinks": (sink,)}),)})
    with pytest.raises(MainstreamError, match=r"apps\[app-0\]\.sinks.*leads out"):
        run_plan_on(server, plan, store, tmp_path / "out")
    assert not (tmp_path / "x.jsonl").exists()


@pytest.mark.parametrize(
    ("number", "after_s"),
    [(signal.SIGKILL, 0.6), (signal.SIGKILL, 1.5), (signal.SIGKILL, 3.0), (signal.SIGKILL, None), (signal.SIGINT, 2.5)],
)
def test_no_process_outlives_the_one_that_wanted_it(
    make_plan, store: Path, tmp_path: Path, after_s: float | None, number: signal.Signals
) -> None:
    (tmp_path / "plan.json").write_text(make_plan([(15, 2.0)]).model_dump_json())
    mark = str(uuid.uuid4())
    parent = subprocess.Popen(
        [sys.executable, "-c", CRASHING_PARENT, tmp_path / "plan.json", store, tmp_path / "out"],
        env={**os.environ, "MAINSTREAM_TEST_MARK": mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert parent.stdout is not None
    if after_s is None:
        assert parent.stdout.readline() == b"playing\n"
        assert len(marked(mark)) >= 6
    else:
        time.sleep(after_s)
    parent.send_signal(number)
    parent.wait(15)
    deadline_s = time.monotonic() + 10
    while marked(mark):
        assert time.monotonic() < deadline_s, marked(mark)
        time.sleep(0.05)


def marked(mark: str) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("MAINSTREAM_TEST_MARK") == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def test_times_of_a_run_are_those_of_the_files_stamps_whatever_rate_is_declared(
    server: TorchServe, make_plan, store: Path, cases: Path, tmp_path: Path
) -> None:
    plan: RunnerPlan = make_plan([(15, 10.0)], url=f"file:{cases / 'data/fps30.mp4'}", fps=10.0)
    trained = TrainedView(width=320, height=240, crop=Crop(x=0, y=0, width=64, height=64))
    plan = plan.model_copy(update={"apps": (plan.apps[0].model_copy(update={"trained_view": trained}),)})
    heard: list[RunProgress] = []
    report = run_plan_on(server, plan, store, tmp_path, start_frame=60, end_frame=120, on_progress=heard.append)
    assert report.seconds == pytest.approx(2.0, abs=0.3)
    scored = [(line["frame"], line["captured_s"]) for line in lines(report.frames_path)]
    assert len(scored) == pytest.approx(20, abs=1)
    assert [captured_s for _, captured_s in scored] == pytest.approx([frame / 30 for frame, _ in scored])
    view, notice = [each.notice for each in heard if each.notice is not None]
    assert (view.stream, "the package was trained on 0,0,64,64 of" in view.text) == (plan.apps[0].name, True)
    assert notice.text.startswith("Frames come at 30 a second, and 10 are declared; set framesPerSecond")


def test_a_run_whose_view_reaches_beyond_the_picture_is_refused(
    server: TorchServe, make_plan, store: Path, cases: Path, tmp_path: Path
) -> None:
    plan: RunnerPlan = make_plan([(15, 10.0)], url=f"file:{cases / 'data/rotated.mp4'}")
    crops = {"full": Crop(x=0, y=0, width=320, height=240)}
    plan = plan.model_copy(update={"streams": (plan.streams[0].model_copy(update={"crops": crops}),)})
    with pytest.raises(MainstreamError, match=r"crops.*picture is 240x320, and view full reaches beyond it"):
        run_plan_on(server, plan, store, tmp_path)


def test_a_run_says_what_of_a_file_is_damaged(
    server: TorchServe, make_plan, store: Path, cases: Path, tmp_path: Path
) -> None:
    heard: list[RunProgress] = []
    plan: RunnerPlan = make_plan([(15, 10.0)], url=f"file:{cases / 'data/spoiled.mp4'}")
    run_plan_on(server, plan, store, tmp_path, start_frame=40, end_frame=60, on_progress=heard.append)
    assert [each.notice.text for each in heard if each.notice is not None] == [
        "1 packets are damaged; their frames were passed over."
    ]


def test_a_run_of_a_camera_that_starts_without_a_key_frame_waits_and_says_so(
    server: TorchServe, make_plan, store: Path, cases: Path, tmp_path: Path
) -> None:
    heard: list[RunProgress] = []
    camera = ScriptedCamera(pictures_of(cases / "data/longgop.mp4")[100:], describes_sets=False, fps=10.0)
    plan: RunnerPlan = make_plan([(15, 10.0)], url=camera.url)
    report = run_plan_on(server, plan, store, tmp_path, end_frame=20, on_progress=heard.append)
    camera.close()
    assert report.apps[0].frames.captured == 20
    said = [each.notice.text for each in heard if each.notice is not None]
    assert any("waits for the camera's next key frame" in text and "shorten" in text for text in said)
    assert (tmp_path / "feeder.log").read_text() == ""


def test_a_run_of_a_real_camera_with_long_groups_of_pictures_analyses_from_its_first_frame_on(
    server: TorchServe, make_plan, store: Path, cases: Path, tmp_path: Path, real_camera
) -> None:
    plan: RunnerPlan = make_plan([(15, 10.0)], url=real_camera(cases / "data/longgop.mp4"))
    report = run_plan_on(server, plan, store, tmp_path, end_frame=20)
    assert report.apps[0].frames.captured == 20
