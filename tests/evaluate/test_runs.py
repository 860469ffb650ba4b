"""What runs leave: frames and alerts as JSON lines, read back or refused by line."""

import json
from pathlib import Path

import pytest

from mainstream.errors import InvalidInputError
from mainstream_evaluate.runs import read_alerts, read_run


def frame(app: str, number: int, *, decision: bool) -> str:
    line = {"app": app, "frame": number, "captured_s": 0.1 * number, "score": 0.5, "hit": True, "decision": decision}
    return json.dumps(line) + "\n"


def message(identity: str, phase: str, end_s: float, app: str = "door") -> str:
    fields = {
        "event": phase,
        "id": identity,
        "app": app,
        "start_s": 1.0,
        "end_s": end_s,
        "peak_score": 0.9,
        "frames": 3,
    }
    return json.dumps(fields | {"node": "n", "stream": "s", "view": "v"}) + "\n"


def test_decisions_of_a_run_are_frames_of_the_clip_by_app(tmp_path: Path) -> None:
    lines = [frame("door", 7, decision=True), frame("gate", 5, decision=False), frame("door", 9, decision=False)]
    (tmp_path / "frames.jsonl").write_text("".join(lines))
    run = read_run(tmp_path)
    assert run.decisions == {"door": [7], "gate": []}
    assert run.frames == (5, 10)


def test_the_message_that_closes_an_alert_says_when_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "door.jsonl"
    path.write_text(message("a", "opened", 1.0) + message("a", "closed", 4.0) + message("b", "opened", 1.0, "gate"))
    found = read_alerts([path])
    assert found["door"].tolist() == [[1.0, 4.0]]
    assert found["gate"].tolist() == [[1.0, 1.0]]


def test_a_line_that_is_no_alert_is_named(tmp_path: Path) -> None:
    path = tmp_path / "door.jsonl"
    path.write_text(message("a", "opened", 1.0) + '{"event": "opened"}\n')
    with pytest.raises(InvalidInputError, match="line 2: is not a message of an alert") as caught:
        read_alerts([path])
    assert caught.value.source == str(path)


def test_a_line_that_is_no_frame_is_named(tmp_path: Path) -> None:
    (tmp_path / "frames.jsonl").write_text(frame("door", 7, decision=True) + "frame\n")
    with pytest.raises(InvalidInputError, match="line 2: is not an analysed frame"):
        read_run(tmp_path)


def test_a_folder_without_a_run_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="a folder that `mainstream run` left"):
        read_run(tmp_path)


def test_a_run_that_analysed_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "frames.jsonl").write_text("")
    with pytest.raises(InvalidInputError, match="has no analysed frame"):
        read_run(tmp_path)
