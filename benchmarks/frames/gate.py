"""Rows of `make bench-frames` on the gate of a view: on how many looks networks run, and what of alerts is lost.

Two clips of still scenes with rare events (`MAINSTREAM_CLIPS`, else the project's shared folder): cars, whose camera
changes its exposure after each, and bottles that a hand takes away. Each is played from a start, where a gate needs 10
s to learn a view's noise, and once more behind that. Both were looked at while the gate was made. Not an app is judged
here but its gate, so the app is one that is always right: its score on a look is what the labels say of the frame that
networks ran on last.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from common.harness import Report
from mainstream.alerts.measured import AlertScore, score_alerts
from mainstream.arrays import IntArray
from mainstream.footage.frames import view_pixels
from mainstream.footage.labels import Run, event_mask
from mainstream.laws.gate import Gate, Greys, grey
from mainstream.laws.voting import decisions
from mainstream_trainer.data.clip import Clip, inspect_clip, pictures_of

CLIPS = Path(os.environ.get("MAINSTREAM_CLIPS", Path(__file__).parents[3] / "shared" / "data" / "clips"))
JUDGED = {"cars.mp4": "car", "bottles.mp4": "hand"}
RATES_FPS = (2.0, 5.0, 10.0)
LEAST_SAVED = 1.7
SIZE = 160
VOTES = 2
GAP_S = 1.0


def gate_rows(report: Report) -> None:
    """Of each clip on how many looks networks run, and what becomes of its alerts."""
    for name, app in JUDGED.items():
        target = f"{LEAST_SAVED}x; none lost"
        if not (CLIPS / name).is_file():
            report.left_out(f"gate on {name}", target, f"not in {CLIPS}; set MAINSTREAM_CLIPS")
            continue
        clip = inspect_clip(CLIPS / name)
        labels = json.loads((CLIPS / "labels.json").read_text())[name]["apps"][app]
        runs = tuple((start, end) for start, end in labels["runs"])
        greys = [grey(view_pixels(each, None, SIZE, SIZE)) for _, each in pictures_of(clip, (0, clip.frames))]
        for fps in RATES_FPS:
            gate = Gate()
            for when, begin_s in (("from a start", 0.0), ("played once more", clip.times.edges_s[-1])):
                looks, ran = _through_gate(gate, clip, greys, fps, float(begin_s))
                without, behind = (_score(clip, runs, looks, each) for each in (looks, ran))
                saved = len(looks) / int(np.count_nonzero(looks == ran))
                report.row(
                    f"gate on {name} at {fps:g} looks a second, {when}: looks over those that networks run on",
                    f"{saved:.2f}x; {len(behind.found)} of {len(without.found)} events found, false alerts "
                    f"{len(behind.false)} ({len(without.false)})",
                    target,
                    bool(saved >= LEAST_SAVED and len(behind.found) >= len(without.found)),
                )


def _through_gate(gate: Gate, clip: Clip, greys: list[Greys], fps: float, begin_s: float) -> tuple[IntArray, IntArray]:
    """Frames that are looked at, and for each the one on which networks ran last, of a clip that begins at a time."""
    due_s = 0.0
    looks: list[int] = []
    ran: list[int] = []
    for frame, at_s in enumerate(clip.times.middles_s):
        if at_s < due_s:
            continue
        due_s += 1 / fps
        passes = gate.passes(greys[frame], begin_s + float(at_s), ("app",))
        looks.append(frame)
        ran.append(frame if passes or not ran else ran[-1])
    return np.array(looks), np.array(ran)


def _score(clip: Clip, runs: tuple[Run, ...], looks: IntArray, ran: IntArray) -> AlertScore:
    """Alerts of who is right on each frame that networks run on."""
    decided = looks[decisions(event_mask(runs, clip.frames)[ran], VOTES)]
    whole = (0.0, float(clip.times.edges_s[-1]))
    return score_alerts(clip.times.middles_s[decided], clip.times.spans(runs), whole, merge_gap_s=GAP_S)
