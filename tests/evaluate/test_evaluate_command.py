"""`mainstream evaluate` as it is typed: runs, files of alerts and packages against the labels of the plaza."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from screen import Screen
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "core" / "mpackage"))

from small_package import make_package

from mainstream.api.video_stream import Crop
from mainstream.cli.main import app as command
from mainstream.errors import MainstreamError
from mainstream.footage.labels import Split
from mainstream.mpackage.layout import manifest_key
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.request import TrainingRequest, VideoData
from mainstream_trainer.settings import TrainingSettings
from mainstream_trainer.training import train_app

PLAZA = Path(__file__).parents[2] / "examples" / "plaza"
CLIP, LABELS = PLAZA / "plaza.mp4", PLAZA / "labels.json"
TEST_START = 397


def runs_of(label: str) -> list[list[int]]:
    """Labelled runs in the test half."""
    labels = json.loads(LABELS.read_text())
    return [run for run in labels["apps"][label]["runs"] if run[0] >= labels["split"]["test"][0]]


def evaluate(tmp_path: Path, *words: object, clip: Path = CLIP) -> dict[str, Any]:
    """What evaluation.json says."""
    line = ["evaluate", str(clip), str(LABELS), *map(str, words), "--out", str(tmp_path / "out")]
    CliRunner().invoke(command, line, catch_exceptions=False)
    result: dict[str, Any] = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    return result


def write_run(folder: Path, decided: Sequence[int], app: str = "default/crossing") -> Path:
    """A run of all frames of the test half, with decisions on some of them."""
    folder.mkdir()
    lines = [
        {
            "app": app,
            "frame": number,
            "captured_s": 0.1 * number,
            "score": 0.5,
            "hit": True,
            "decision": number in decided,
        }
        for number in range(TEST_START, 795)
    ]
    (folder / "frames.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_a_run_that_decides_in_every_event_and_nowhere_else_has_f1_1(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [start for start, _ in runs_of("crossing")])
    found = evaluate(tmp_path, "--run", run, "--merge-gap", "0.001")["apps"][0]
    assert (found["f1"], found["missed"], found["false"]) == (1.0, 0, 0)
    assert found["label"] == "crossing"


def test_a_run_that_decides_on_every_frame_has_one_alert(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", range(TEST_START, 795))
    found = evaluate(tmp_path, "--run", run)["apps"][0]
    assert found["found"] + found["false"] == 1
    assert found["missed"] >= found["events"] - 1
    assert found["f1"] < 0.3


def test_the_page_shows_each_moment_and_fetches_nothing(tmp_path: Path) -> None:
    first = runs_of("crossing")[0][0]
    result = evaluate(tmp_path, "--run", write_run(tmp_path / "run", [first]), "--merge-gap", "0.2")
    page = (tmp_path / "out" / "evaluation.html").read_text()
    moments = result["apps"][0]["moments"]
    assert page.count("data:image/jpeg;base64,/9j/") == len(moments) > 1
    assert re.findall(r'(?:src|href)="(?!data:)[^"]*"', page) == []
    assert {moment["outcome"] for moment in moments} == {"found", "missed"}


def test_the_page_is_whole_in_a_browser(tmp_path: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [start for start, _ in runs_of("crossing")[:3]]
    write_run(tmp_path / "run", [*found, 410])
    for file in (CLIP, LABELS):
        (tmp_path / file.name).symlink_to(file)
    monkeypatch.chdir(tmp_path)
    line = ["evaluate", CLIP.name, LABELS.name, "--run", "run", "--merge-gap", "0.5", "--out", "out"]
    CliRunner().invoke(command, line, catch_exceptions=False)
    shown = screen.show("evaluate", f"file://{tmp_path / 'out/evaluation.html'}", height=900)
    assert "Alerts against labels" in shown
    assert all(word in shown for word in ("found at", "missed at"))


def test_a_file_of_alerts_counts_as_the_run_that_made_it(tmp_path: Path) -> None:
    start_s = runs_of("crossing")[0][0] / 10 + 0.05
    fields = {"id": "a", "app": "crossing", "start_s": start_s, "end_s": start_s, "peak_score": 0.9, "frames": 1}
    message = {"event": "closed", **fields, "node": "n", "stream": "s", "view": "v"}
    (tmp_path / "crossing.jsonl").write_text(json.dumps(message) + "\n")
    run = write_run(tmp_path / "run", [runs_of("crossing")[0][0]])
    of_alerts = evaluate(tmp_path, "--alerts", tmp_path / "crossing.jsonl", "--merge-gap", "0.2")["apps"][0]
    of_run = evaluate(tmp_path, "--run", run, "--merge-gap", "0.2")["apps"][0]
    assert of_alerts["found"] == of_run["found"] == 1
    assert of_alerts["missed"] == of_run["missed"]


def test_only_what_was_played_is_judged(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [])
    lines = (run / "frames.jsonl").read_text().splitlines()[:100]
    (run / "frames.jsonl").write_text("\n".join(lines))
    assert evaluate(tmp_path, "--run", run)["apps"][0]["span_s"] == pytest.approx([39.7, 49.7])


def test_a_package_is_played_over_the_clip(tmp_path: Path) -> None:
    quick = TrainingSettings(
        variants=1, prune=False, epochs=1, least_steps=1, frozen_epochs=2, heads=(), threshold_min_events=1
    )
    crop = Crop(x=192, y=160, width=576, height=384)
    data = VideoData(CLIP, LABELS, Split(train=(0, 150), test=(TEST_START, 795)))
    request = TrainingRequest(data, "crossing", branch_points=(0, 15), crop=crop, settings=quick)
    train_app(request, FolderStore(tmp_path / "store"))
    result = evaluate(
        tmp_path,
        "--package",
        "crossing@1",
        "--store",
        tmp_path / "store",
        "--candidate",
        "tuned-15",
        "--fps",
        2,
        "--threshold",
        0.5,
    )
    found = result["apps"][0]
    (threshold,) = re.findall(r"tuned-15, 2 fps, threshold ([0-9.]+)", result["judged"])
    assert float(threshold) == pytest.approx(0.5, abs=0.1)
    assert found["events"] == found["found"] + found["missed"] > 3
    assert len(found["moments"]) == found["events"] + found["false"] + found["repeated"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give one of --run, --alerts and --package"),
        (("--run", "{run}", "--package", "a@1"), "give one of"),
        (("--run", "{run}", "--votes", "2"), "--votes: is for --package"),
        (("--run", "{run}", "--app", "door"), "there is no alert of any app"),
        (("--run", "{run}", "--app", "default/crossing=gate"), "has no app 'gate' .it has: crossing"),
        (("--run", "{run}", "--part", "train"), "choose another --part"),
        (("--run", "{run}", "--app", "=x"), "write APP=LABEL"),
    ],
)
def test_what_cannot_be_judged_says_why(tmp_path: Path, words: Sequence[str], said: str) -> None:
    run = write_run(tmp_path / "run", [400])
    with pytest.raises(MainstreamError, match=said):
        evaluate(tmp_path, *(word.format(run=run) for word in words))


def test_an_app_of_which_no_package_is_played_is_told(tmp_path: Path) -> None:
    manifest, blobs = make_package("crossing")
    store = FolderStore(tmp_path / "store")
    for digest, content in blobs.items():
        store.put(f"blobs/{digest}", content)
    store.put(manifest_key("crossing", "1"), manifest.canonical())
    with pytest.raises(MainstreamError, match="--app: no package is named 'door'; name one of crossing"):
        evaluate(tmp_path, "--package", f"{tmp_path}/store/crossing@1", "--app", "door=crossing")
