"""A run that is over leaves what the console shows: its alerts with pictures, and frames worth a label."""

import json
from pathlib import Path

import av
import pytest
from runner_apps import runner_app, runner_plan

from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.review.shelf import ReviewShelf
from mainstream_console.source import source_of_run
from mainstream_evaluate.kept_for_review import keep_for_review
from mainstream_runner.run_result import RunResult
from mainstream_trainer.data.clip import inspect_clip

PLAZA = Path(__file__).parents[2] / "examples/plaza/plaza.mp4"
APP = "plaza/crossing"
FRAMES = range(397, 437)


@pytest.fixture
def run(tmp_path: Path) -> RunResult:
    """Four seconds at ten frames a second: one alert, scores on both sides of the threshold."""
    events = tmp_path / "mainstream/events"
    events.mkdir(parents=True)
    told = {"id": "a1", "app": APP, "start_s": 40.0, "peak_score": 0.9, "frames": 3, "node": "n", "stream": "s"}
    lines = [{**told, "event": each, "end_s": 41.0, "view": "v"} for each in ("opened", "closed")]
    (events / "plaza.crossing.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    frames = tmp_path / "mainstream/frames.jsonl"
    scores = [{"app": APP, "frame": each, "captured_s": each / 10, "score": each % 10 / 10} for each in FRAMES]
    frames.write_text("".join(json.dumps({**line, "hit": False, "decision": False}) + "\n" for line in scores))
    used = {"plan_digest": "0" * 64, "budget": 1.0, "cost": 0.1, "cpu_used": 0.1, "seconds": 4.0, "apps": ()}
    return RunResult(**used, frames_path=frames, events_folder=events)


def test_the_console_shows_what_a_demo_left(tmp_path: Path, run: RunResult) -> None:
    orders = runner_plan(runner_app(APP, threshold=0.5))
    # What is of a demo before goes.
    for _ in range(2):
        keep_for_review(orders, run, {APP: (0.8, 0.7, 0.9)}, inspect_clip(PLAZA), tmp_path)
    source = source_of_run(tmp_path)
    kept = source.shelf.kept("plaza.crossing")
    (alert,) = kept.alerts
    assert (alert.alert.id, alert.alert.start_s, alert.merge_gap_s) == ("a1", 40.0, orders.apps[0].merge_gap_s)
    assert {frame.stratum for frame in kept.frames} == {0, 1, 2, 3}
    assert sum(frame.stands_for_s for frame in kept.frames) == pytest.approx(len(FRAMES) / 10)
    assert source.predicted("plaza.crossing") == (0.8, 0.7, 0.9)
    shelf = ReviewShelf(FolderStore(tmp_path / "clips"))
    for name in (str(alert.alert.picture), *(frame.picture for frame in kept.frames)):
        (tmp_path / "one.jpg").write_bytes(shelf.picture("plaza.crossing", name))
        with av.open(str(tmp_path / "one.jpg")) as picture:
            assert picture.streams.video[0].width == 384
