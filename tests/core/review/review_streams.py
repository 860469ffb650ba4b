"""Simulated apps that are reviewed: scores of normal noise, harder and easier events, disturbances in clumps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mainstream.alerts.measured import AlertScore, nearest_event, score_alerts
from mainstream.alerts.spans import merge_decisions, merge_spans, tolerance_s
from mainstream.alerts.synthetic import Setting, Stream, make_stream
from mainstream.arrays import BoolArray, FloatArray
from mainstream.laws.voting import decisions
from mainstream.messages.alert import AlertMessage
from mainstream.review.drawing import FrameDrawer
from mainstream.review.objects import DrawnFrame, KeptAlert
from mainstream.review.quality import MeasuredQuality, measured_quality, worth_most
from mainstream.review.strata import stratum_of
from mainstream.review.tally import KeptForReview, reviewed, unlabelled
from mainstream.review.verdicts import AlertVerdict, FrameLabel, Verdict
from mainstream.times import HOUR_S

APP = "plaza/crossing"


@dataclass(frozen=True)
class PlayedApp:
    """What an app did on a stream, and what was true."""

    setting: Setting
    stream: Stream
    times_s: FloatArray
    scores: FloatArray
    threshold: float
    inside: BoolArray
    score: AlertScore
    alerts: FloatArray


def play(seed: int) -> PlayedApp:
    """An app with 80 to 400 events, at a threshold that is somewhere near its best."""
    rng = np.random.default_rng(seed)
    length_s = float(np.exp(rng.uniform(np.log(2.0), np.log(15.0))))
    fps = float(rng.choice([1.0, 2.0]))
    setting = Setting(
        apart=float(rng.uniform(1.8, 4.0)),
        fps=fps,
        gap_s=length_s * float(rng.uniform(0.7, 1.5)),
        length_s=length_s,
        frequency=float(np.exp(rng.uniform(np.log(0.01), np.log(0.25)))),
        correlation=0.0,
        mixed=True,
    )
    stream = make_stream(setting, int(rng.integers(80, 400)), rng)
    times_s: FloatArray = np.asarray((np.arange(int(stream.seconds * fps)) + rng.random()) / fps, dtype=np.float64)
    edges = np.asarray(stream.runs)
    at = np.searchsorted(edges[:, 0], times_s, side="right") - 1
    inside = (at >= 0) & (times_s < edges[np.maximum(at, 0), 1])
    harder = rng.normal(0.0, 0.8, len(edges))
    disturbed = rng.normal(0.0, 0.6, int(stream.seconds / 10.0) + 2)[(times_s / 10.0).astype(int)]
    logits = rng.normal(0.0, 0.7, len(times_s)) + np.where(inside, setting.apart + harder[np.maximum(at, 0)], disturbed)
    votes, level = int(rng.integers(1, 4)), setting.apart / 2 + rng.normal(0.4, 0.4)
    decided_s = times_s[decisions(logits >= level, votes)]
    score = score_alerts(decided_s, edges, (0.0, stream.seconds), merge_gap_s=setting.gap_s)
    return PlayedApp(
        setting=setting,
        stream=stream,
        times_s=times_s,
        scores=1.0 / (1.0 + np.exp(-logits)),
        threshold=float(1.0 / (1.0 + np.exp(-level))),
        inside=inside,
        score=score,
        alerts=merge_decisions(decided_s, setting.gap_s),
    )


def keep(app: PlayedApp, seed: int, *, by_score: bool = True) -> KeptForReview:
    """What a runner would keep of it; with `by_score` off frames are drawn whatever their score."""
    kept = [
        KeptAlert(
            alert=AlertMessage("closed", f"alert-{number}", APP, start_s, end_s, 0.9, 3, "edge-1", "plaza", "walkways"),
            merge_gap_s=app.setting.gap_s,
        )
        for number, (start_s, end_s) in enumerate(app.alerts.tolist())
    ]
    drawer = FrameDrawer(np.random.default_rng(seed))
    frames: list[DrawnFrame] = []

    # A stream has sixty hours, however long it is, so that there are frames enough to label.
    squeeze = HOUR_S / (app.stream.seconds / 60.0)

    def end_hour() -> None:
        frames.extend(
            DrawnFrame(
                at_s=each.at_s,
                score=each.score,
                stratum=cell.stratum,
                chance=len(cell.kept) / cell.seen,
                stands_for_s=cell.seconds / squeeze / len(cell.kept),
            )
            for cell in drawer.end_hour()
            for each in cell.kept
        )

    for at_s, value in zip(app.times_s.tolist(), app.scores.tolist(), strict=True):
        if drawer.ends_hour(at_s * squeeze):
            end_hour()
        drawer.draw(stratum_of(value, app.threshold) if by_score else 3, at_s * squeeze, value)
    end_hour()
    unsqueezed = [frame.model_copy(update={"at_s": frame.at_s / squeeze}) for frame in frames]
    return KeptForReview(tuple(kept), tuple(unsqueezed), ())


def review(app: PlayedApp, kept: KeptForReview, labels: int, seed: int) -> MeasuredQuality | None:
    """As a person would, who knows the truth: so many labels, always where they are worth most."""
    rng = np.random.default_rng(seed)
    edges = np.asarray(merge_spans(app.stream.runs, app.setting.gap_s))
    tolerance = tolerance_s(float(np.diff(edges, axis=1).mean()))
    opened = np.array([each.alert.start_s for each in kept.alerts])
    is_right = nearest_event(opened, edges, tolerance) >= 0
    right = dict(zip((each.alert.id for each in kept.alerts), is_right.tolist(), strict=True))
    verdicts: list[Verdict] = []
    for number in range(labels):
        now = KeptForReview(kept.alerts, kept.frames, tuple(verdicts))
        state = reviewed(now)
        assert state is not None
        alerts, frames = unlabelled(now)
        if number % 5 == 0:
            stratum = worth_most(state).stratum
        of_stratum = [frame for frame in frames if frame.stratum == stratum] or frames
        if alerts and (stratum is None or not of_stratum):
            chosen = alerts[int(rng.integers(len(alerts)))].alert.id
            verdicts.append(AlertVerdict(app=APP, who="ada", at_s=number, alert=chosen, is_right=right[chosen]))
        elif of_stratum:
            frame = of_stratum[int(rng.integers(len(of_stratum)))]
            verdicts.append(label_of(app, frame, float(number)))
    final = reviewed(KeptForReview(kept.alerts, kept.frames, tuple(verdicts)))
    assert final is not None
    return measured_quality(final)


def label_of(app: PlayedApp, frame: DrawnFrame, at_s: float) -> FrameLabel:
    """The truth about a frame, with the length of its event."""
    edges = np.asarray(app.stream.runs)
    at = int(np.searchsorted(edges[:, 0], frame.at_s, side="right")) - 1
    is_event = at >= 0 and frame.at_s < edges[at, 1]
    length_s = float(edges[at, 1] - edges[at, 0]) if is_event else None
    return FrameLabel(app=APP, who="ada", at_s=at_s, frame=frame.name, is_event=is_event, length_s=length_s)
