"""What people may judge of a run that is over: its alerts and some frames worth a label, for `mainstream console`.

A run that keeps them itself decodes pictures while it plays, which its measured CPU would show. Here they are
written afterwards, from the run's own files and the clip, as the runner writes them.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from mainstream.messages.alert import AlertMessage, decode_alert
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.review.drawing import FrameDrawer, drawn_frames
from mainstream.review.objects import DrawnFrames, KeptAlert, alert_object, encode_object, frames_object
from mainstream.review.predicted import PREDICTED_FILE, PredictedApps
from mainstream.review.strata import stratum_of
from mainstream_evaluate.pictures import jpegs_of
from mainstream_runner.file_names import app_folder, clip_names
from mainstream_runner.run_result import RunResult
from mainstream_trainer.data.clip import Clip

_CLIPS = "clips"
_SEED = 29


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    app: str
    captured_s: float
    score: float


def keep_for_review(
    orders: RunnerPlan, run: RunResult, predicted: Mapping[str, tuple[float, float, float]], clip: Clip, out: Path
) -> None:
    """Write them below `out`, in place of those of a run before; `predicted` are F1 and the ends of its interval."""
    folder, pictures = out / _CLIPS, dict[Path, int]()
    shutil.rmtree(folder, ignore_errors=True)
    for path, at_s, content in (*_alerts(orders, run, folder), *_frames(orders, run, folder)):
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            path.write_bytes(content)
        else:
            pictures[path] = clip.times.frame_at(at_s)
    _write_pictures(clip, pictures)
    told = PredictedApps(plan=orders.digest, apps=dict(predicted))
    (out / PREDICTED_FILE).write_text(told.model_dump_json(), encoding="utf-8")


_File = tuple[Path, float, bytes | None]
"""where, of which time, and what; None of a picture"""


def _alerts(orders: RunnerPlan, run: RunResult, folder: Path) -> Iterator[_File]:
    apps = {app.name: app for app in orders.apps}
    for message in _closed(run):
        picture = clip_names(message.id, message.start_s)[1]
        kept = KeptAlert(alert=replace(message, picture=picture), merge_gap_s=apps[message.app].merge_gap_s)
        here = app_folder(folder, message.app)
        yield here / alert_object(kept), message.start_s, encode_object(kept)
        yield here / picture, message.start_s, None


def _closed(run: RunResult) -> Iterator[AlertMessage]:
    for file in sorted(run.events_folder.glob("*.jsonl")):
        for line in file.read_bytes().splitlines():
            message = decode_alert(line)
            if message.phase == "closed":
                yield message


def _frames(orders: RunnerPlan, run: RunResult, folder: Path) -> Iterator[_File]:
    random, drawers = np.random.default_rng(_SEED), dict[str, FrameDrawer]()
    thresholds = {app.name: app.threshold for app in orders.apps}
    with run.frames_path.open(encoding="utf-8") as lines:
        for text in lines:
            line = _Line.model_validate_json(text)
            drawer = drawers.setdefault(line.app, FrameDrawer(random))
            drawer.draw(stratum_of(line.score, thresholds[line.app]), line.captured_s, line.score)
    for app, drawer in drawers.items():
        frames = drawn_frames(drawer.end_hour())
        here = app_folder(folder, app)
        for each in frames:
            yield here / each.picture, each.at_s, None
        if frames:
            drawn = DrawnFrames(frames=frames)
            yield here / frames_object(drawn), frames[0].at_s, encode_object(drawn)


def _write_pictures(clip: Clip, wanted: dict[Path, int]) -> None:
    of_frame: dict[int, list[Path]] = {}
    for path, number in wanted.items():
        of_frame.setdefault(number, []).append(path)
    for number, content in jpegs_of(clip, of_frame):
        for path in of_frame[number]:
            path.write_bytes(content)
