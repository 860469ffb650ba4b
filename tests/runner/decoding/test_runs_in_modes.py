"""Whole runs of plans that have frames passed over: every frame that is decoded is counted, none is another."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from scripted_camera import ScriptedCamera, pictures_of

from mainstream.messages.runner_plan import RunnerPlan, RunnerSubstream
from mainstream_runner.run import run_plan_on
from mainstream_runner.serving.torchserve import TorchServe


def in_mode(plan: RunnerPlan, **changes: object) -> RunnerPlan:
    (stream,) = plan.streams
    return plan.model_copy(update={"streams": (stream.model_copy(update=changes),)})


def scored(path: Path) -> list[tuple[int, float]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(line["frame"], line["captured_s"]) for line in lines]


def test_a_run_of_a_files_key_frames_tells_their_own_numbers_and_times(
    server: TorchServe, make_plan, store: Path, tmp_path: Path
) -> None:
    plan = in_mode(make_plan([(15, 0.2)]), decode="keyframes")
    report = run_plan_on(server, plan, store, tmp_path, start_frame=40, end_frame=160)
    assert report.seconds == pytest.approx(12.0, abs=1.0)
    (app,) = report.apps
    assert (app.frames.captured, app.frames.analysed, app.frames.dropped) == (3, 3, 0)
    assert scored(report.frames_path) == [(50, 5.0), (100, 10.0), (150, 15.0)]


def test_a_run_of_a_cameras_key_frames_looks_at_each(
    server: TorchServe, make_plan, store: Path, tmp_path: Path, make_clip
) -> None:
    camera = ScriptedCamera(pictures_of(make_clip(frames=300)), fps=10.0)
    plan = in_mode(make_plan([(15, 1.0)], url=camera.url), decode="keyframes")
    try:
        report = run_plan_on(server, plan, store, tmp_path, end_frame=5)
    finally:
        camera.close()
    (app,) = report.apps
    assert app.frames.captured == app.frames.analysed + app.frames.skipped + app.frames.dropped == 5
    assert app.frames.analysed >= 3


def test_a_run_of_a_substream_analyses_its_frames_from_where_it_delivers(
    server: TorchServe, make_plan, store: Path, tmp_path: Path, make_clip
) -> None:
    own, small = (ScriptedCamera(pictures_of(make_clip(frames=600, size=size)), fps=10.0) for size in (320, 160))
    substream = RunnerSubstream(url=small.url, fps=10.0)
    plan = in_mode(make_plan([(15, 5.0)], url=own.url), decode="substream", substream=substream)
    try:
        report = run_plan_on(server, plan, store, tmp_path, end_frame=80)
    finally:
        own.close()
        small.close()
    (app,) = report.apps
    assert app.frames.captured == app.frames.analysed + app.frames.skipped + app.frames.dropped == 80
    assert app.frames.analysed > 20
    # Its frames are numbered from its own first one.
    numbers = [number for number, _ in scored(report.frames_path)]
    assert any(late < early for early, late in pairwise(numbers))
    assert "Traceback" not in (tmp_path / "feeder.log").read_text()
