"""Judges on days of real photos on which next to nothing happens: one event an hour, other photos in between.

Each app is told its events' length and that one comes an hour, as a tenant declares it who trains from pictures. It is
planned at every candidate, and the choice is played over a day of test photos. It is planned twice: by held-out photos,
as the trainer replays them; and by another day of the same scene, as `mainstream train --quiet` would have it recorded.
Photos of the first are other photos than the day's, and few; of the second they are the same in another order, so that
what is left is the law.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
from alerts_stand import KEPT, Stand, choices, planned_app
from harness import Report

from cells import CORRELATIONS, LENGTHS_S, LIMITS, SPREAD
from mainstream.alerts.merging import merged_events
from mainstream.arrays import FloatArray
from mainstream.mpackage.curve import ReplayedRate
from mainstream.mpackage.event_statistics import statistics_of
from mainstream.mpackage.manifest import Manifest, MeasuredEventStatistics, Statistic
from mainstream.times import HOUR_S
from mainstream_trainer.measure.picture_replay import distinct_thresholds, due_frames, play, replayed_pictures
from mainstream_trainer.measure.picture_streams import PictureStream
from photo_scores import Scores
from play import Choice as PlayedChoice
from play import play_app
from pools import Part
from replayed import on_held_out
from results import kept

HOURS = 24
STREAM_FPS = 5.0
RATES_FPS = (1.0, 5.0)
ENOUGH = 10
"""false alerts a day from which on a prediction is judged"""
FACTOR = 1.5


Known = Literal["held-out photos", "a recorded day"]
"""what predictions are made from"""


@dataclass(frozen=True)
class Day:
    """One choice, played over a day."""

    app: str
    known: Known
    candidate: str
    fps: float
    predicted: float
    """false alerts"""
    measured: int
    open_share: float
    f1_predicted: float
    f1: float


@dataclass(frozen=True)
class _Quiet:
    """What is declared of an app's day."""

    length_s: float
    correlation: float
    seed: int

    @property
    def statistics(self) -> MeasuredEventStatistics:
        """As a tenant declares it."""
        return MeasuredEventStatistics(
            length_s=Statistic(value=round(self.length_s, 3), source="declared"),
            frequency=Statistic(value=self.length_s / HOUR_S, source="declared"),
            correlation=Statistic(value=self.correlation, source="declared"),
        )


def quiet_days(report: Report, stand: Stand) -> list[Day]:
    """Every app of a pool, over a day of its own."""
    days: list[Day] = []
    for label, package in enumerate(stand.packages.values()):
        path = KEPT / "days" / f"{package.name}-{package.digest[:12]}-{stand.pool.test.digest[:12]}.json"
        days += [Day(**each) for each in kept(path, partial(_days, stand, package, label))]
    judge(report, stand.pool.name, days)
    return days


def judge(report: Report, pool: str, days: list[Day]) -> None:
    """False alerts a day, predicted against measured."""
    for known in get_args(Known):
        mine = [day for day in days if day.known == known]
        judged = [day for day in mine if max(day.predicted, day.measured) >= ENOUGH]
        more = sum(day.measured > day.predicted * FACTOR for day in judged)
        fewer = sum(day.measured < day.predicted / FACTOR for day in judged)
        near = 1.0 - (more + fewer) / max(1, len(judged))
        report.row(
            f"{pool}, predicted from {known}: {len(judged)} of {len(mine)} days with one event an hour and ten or more "
            f"false alerts: within a factor of {FACTOR:g} of measured",
            f"{near:.1%}; {more} have more, {fewer} fewer",
            "80 %",
            near >= 0.8,
        )


def _days(stand: Stand, package: Manifest, label: int) -> list[dict[str, Any]]:
    """A day of each choice, as plain data."""
    pool, quiet = stand.pool, _declared(stand.pool.name, label)
    of_app = {each.name: stand.test[package.name, each.name] for each in package.candidates}
    day, recorded = (_stream(pool.test, label, quiet, seed) for seed in (quiet.seed, quiet.seed + 1))
    planned: dict[Known, Manifest] = {
        "held-out photos": _from_photos(package, quiet, pool.held_out, stand.held_out, label),
        "a recorded day": _from_day(package, quiet, recorded, of_app, label),
    }
    days = []
    for known, manifest in planned.items():
        for choice in choices(replace(planned_app(manifest, STREAM_FPS), rates=RATES_FPS)):
            analysed = due_frames([choice.fps], day)[choice.fps]
            how = PlayedChoice(choice.threshold, choice.votes, of_app[choice.candidate])
            played = play_app(how, analysed, day, day.events([label]), manifest.event_statistics.gap_s)
            one = Day(
                app=package.name,
                known=known,
                candidate=choice.candidate,
                fps=choice.fps,
                predicted=choice.false_per_hour * HOURS,
                measured=len(played.alerts.false),
                open_share=played.open_share,
                f1_predicted=choice.f1,
                f1=played.alerts.f1,
            )
            days.append(asdict(one))
    return days


def _declared(pool: str, label: int) -> _Quiet:
    seed = int.from_bytes(hashlib.sha256(f"quiet/{pool}/{label}".encode()).digest()[:4])
    rng = np.random.default_rng(seed)
    low, high = LENGTHS_S
    return _Quiet(float(low * (high / low) ** rng.random()), float(rng.choice(CORRELATIONS)), seed)


def _from_photos(package: Manifest, quiet: _Quiet, held_out: Part, scores: Scores, label: int) -> Manifest:
    """The package as the trainer would have made it for these events: candidates are the same, replays are not."""
    present = held_out.labels == label
    return _with_replays(
        package,
        quiet,
        {
            each.name: replayed_pictures(
                scores[package.name, each.name],
                held_out.labels,
                present,
                quiet.statistics,
                each.operating_points,
                quiet.seed,
            )
            for each in package.candidates
        },
        on_held_out(package).model_dump(),
    )


def _from_day(
    package: Manifest, quiet: _Quiet, recorded: PictureStream, scores: Mapping[str, FloatArray], label: int
) -> Manifest:
    """The package as if it had been replayed over a recorded day."""
    events = merged_events(statistics_of(quiet.statistics))
    curves = {
        each.name: play(
            recorded,
            [label],
            events,
            scores[each.name],
            distinct_thresholds((at.threshold, at.p, at.e) for at in each.operating_points),
            RATES_FPS,
        )
        for each in package.candidates
    }
    counted = {"events": HOURS, "quiet_s": recorded.seconds - HOURS * events.length_s}
    return _with_replays(package, quiet, curves, counted)


def _with_replays(
    package: Manifest,
    quiet: _Quiet,
    curves: Mapping[str, tuple[ReplayedRate, ...]],
    counted: Mapping[str, float],
) -> Manifest:
    """The package with other replays, and what they were counted on."""
    candidates = tuple(
        each.model_copy(
            update={"replayed": curves[each.name], "evaluation": each.evaluation.model_copy(update=counted)}
        )
        for each in package.candidates
    )
    return package.model_copy(update={"event_statistics": quiet.statistics, "candidates": candidates})


def _stream(part: Part, label: int, quiet: _Quiet, seed: int) -> PictureStream:
    """A day of a part's photos: the other classes in runs of lengths of their own, and one event an hour among them.

    As `streams.make_stream` makes them, which keeps events of many apps apart; here there are those of one.
    """
    rng = np.random.default_rng(quiet.seed)
    low, high = LENGTHS_S
    photos = part.of_class()
    means_s = {each: float(low * (high / low) ** rng.random()) for each in photos} | {label: quiet.length_s}
    correlations = {each: float(rng.choice(CORRELATIONS)) for each in photos} | {label: quiet.correlation}
    rng = np.random.default_rng([quiet.seed, seed])
    runs = round(HOURS * HOUR_S / sum(mean_s for each, mean_s in means_s.items() if each != label))
    order = rng.permutation(np.repeat([each for each in photos if each != label], runs))
    order = np.insert(order, rng.choice(len(order), HOURS, replace=False), label)
    lengths_s = np.array([means_s[each] for each in range(len(photos))])[order]
    lengths_s *= SPREAD ** rng.uniform(-1.0, 1.0, len(order))
    frames = np.maximum(1, np.round(np.clip(lengths_s, LIMITS.shortest_s, LIMITS.longest_s) * STREAM_FPS)).astype(int)
    classes = np.repeat(order, frames)
    run = np.repeat(np.arange(len(order)), frames)
    shown = np.empty(len(classes), dtype=np.int64)
    for each, rows in photos.items():
        here = classes == each
        anchors = rng.choice(rows, len(order))
        stays = rng.random(int(here.sum())) < np.sqrt(correlations[each])
        shown[here] = np.where(stays, anchors[run[here]], rng.choice(rows, int(here.sum())))
    return PictureStream(STREAM_FPS, classes.astype(np.int64), shown)
