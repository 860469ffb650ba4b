"""What an app comes to that decides on every frame it analyses: the loophole of low rates, and what repeats have to do
with it.

Where frames lie further apart than the merge gap, each decision is an alert of its own. Those that fall into events are
true, so that precision is no less than the share of time that events and their tolerance take, and one look for each
event finds most. Repeats count neither way; told is what F1 would be if they counted as false.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from common.harness import Report
from common.plaza import CLIP, LABELS, SPOTS
from mainstream.alerts.measured import AlertScore
from mainstream.laws.chain import f1
from mainstream_evaluate.inputs import LabelledClip, labelled_clip
from mainstream_evaluate.truth import truth_of
from mainstream_trainer.label_options import NOTHING_SAID

RATES_FPS = (0.1, 0.2, 0.5, 1.0, 2.0)
PHASES = 10


def loopholes(report: Report) -> None:
    """Rows of the plaza's six apps and of its spots."""
    for what, labels in (("plaza", LABELS), ("plaza's spots", SPOTS)):
        always_deciding(report, what, labelled_clip(CLIP, labels, "test", NOTHING_SAID))


def always_deciding(report: Report, what: str, labelled: LabelledClip) -> None:
    """A row: mean F1 over apps and phases at each rate, with repeats neither way and as false alerts."""
    told = []
    for fps in RATES_FPS:
        scores = list(_scores(labelled, fps))
        neither = float(np.mean([each.f1 for each in scores]))
        as_false = float(np.mean([_with_repeats(each) for each in scores]))
        told.append(f"{fps:g} fps {neither:.3f} ({as_false:.3f})")
    report.row(f"{what}, a decision on every analysed frame: F1 (were repeats false)", ", ".join(told), "told", None)


def _scores(labelled: LabelledClip, fps: float) -> Iterator[AlertScore]:
    for app in labelled.labels.apps:
        truth = truth_of(labelled.labels, app, labelled.clip.times, labelled.part)
        for phase_s in np.linspace(0.0, 1.0 / fps, PHASES, endpoint=False):
            yield truth.score_decisions(np.arange(truth.span[0] + phase_s, truth.span[1], 1.0 / fps))


def _with_repeats(score: AlertScore) -> float:
    found = len(score.found)
    return float(f1(score.recall, found / max(1, found + len(score.false) + len(score.repeated))))
