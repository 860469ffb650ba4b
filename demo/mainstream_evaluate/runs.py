"""Alerts as a run left them: every analysed frame of `mainstream run`, or messages of alerts as JSON lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mainstream.alerts.spans import as_spans
from mainstream.arrays import FloatArray
from mainstream.errors import InvalidInputError
from mainstream.files.documents import read_document
from mainstream.footage.labels import Run
from mainstream.messages.alert import AlertMessage, decode_alert
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.run_result import FRAMES_FILE, PLAN_FILE

_MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class PlayedRun:
    """What a run analysed."""

    decisions: dict[str, list[int]]
    """by app: numbers of frames in the clip on which a decision fell, ascending"""
    frames: Run
    """first analysed frame, one past the last"""
    merge_gaps_s: dict[str, float]
    """by app, of the plan that ran; empty where it is not known"""


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    app: str
    frame: int = Field(ge=0)
    decision: bool


def read_run(folder: Path) -> PlayedRun:
    """The folder that `mainstream run` left; `InvalidInputError` where it is none."""
    decisions: dict[str, list[int]] = {}
    first, end = -1, 0
    path = folder / FRAMES_FILE
    for number, text in _lines(path):
        try:
            line = _Line.model_validate_json(text)
        except ValidationError as error:
            raise _no_line(path, number, "an analysed frame of `mainstream run`") from error
        of_app = decisions.setdefault(line.app, [])
        if line.decision:
            of_app.append(line.frame)
        first = line.frame if first < 0 else min(first, line.frame)
        end = max(end, line.frame + 1)
    if not decisions:
        raise InvalidInputError("has no analysed frame; let the run go on for longer", field="--run", source=path)
    plan = folder / PLAN_FILE
    gaps = {}
    if plan.is_file():
        ran = read_document(RunnerPlan, plan, way_out="remove it, or name the folder that the run left")
        gaps = {app.name: app.merge_gap_s for app in ran.apps}
    return PlayedRun({app: sorted(frames) for app, frames in decisions.items()}, (first, end), gaps)


def read_alerts(files: list[Path]) -> dict[str, FloatArray]:
    """First and last decision (alerts, 2) of each app's alerts, from files of JSON lines (docs/events.md)."""
    known: dict[str, dict[str, tuple[float, float]]] = {}
    for path in files:
        for number, text in _lines(path):
            try:
                alert: AlertMessage = decode_alert(text.encode())
            except ValueError as error:
                raise _no_line(path, number, "a message of an alert (docs/events.md)") from error
            # The message that closes an alert comes last, and knows when it ended.
            known.setdefault(alert.app, {})[alert.id] = (alert.start_s, alert.end_s)
    return {app: as_spans(np.array(sorted(alerts.values()))) for app, alerts in known.items()}


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidInputError(f"larger than {_MOST_BYTES} bytes; evaluate a shorter part", source=path)
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, start=1):
                if text.strip():
                    yield number, text
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise InvalidInputError(
            f"cannot be read ({reason}); name a folder that `mainstream run` left, or a file of alerts", source=path
        ) from error


def _no_line(path: Path, number: int, wanted: str) -> InvalidInputError:
    return InvalidInputError(f"is not {wanted}", field=f"line {number}", source=path)
