"""Days of real photos on which next to nothing happens: one event an hour, other photos in between.

Each app is told its events' length and that one comes an hour, as a tenant declares it who trains from pictures. It is
planned at every candidate, and the choice is played over a day of test photos. It is planned twice: by photos that the
trainer opened, as it replays them; and by another day of the same scene, as `mainstream train --quiet` would have it
recorded. Photos of the first are other photos than the day's, and few; of the second they are the same in another
order, so that what is left is the law.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from common.results import FOLDER, QUICK, kept, write_part
from evidence.side_by_side import side_by_side
from evidence.stage import Stand, stand
from mainstream.alerts.merging import merged_events
from mainstream.mpackage.curve import ReplayedRate
from mainstream.mpackage.event_statistics import statistics_of
from mainstream.mpackage.manifest import Manifest, MeasuredEventStatistics, Statistic
from mainstream.planner import App
from mainstream.planner.tables.known import option_table
from mainstream.times import HOUR_S
from mainstream.workload.caution import cautious_candidate
from mainstream_trainer.measure.picture_replay import distinct_thresholds, due_frames, play, replayed_pictures
from mainstream_trainer.measure.picture_streams import PictureStream
from photos.cells import CORRELATIONS, LENGTHS_S, SPREAD, drawn_length_s
from photos.play import Choice, play_app
from photos.pools import Part
from photos.streams import ClassRuns, make_stream

HOURS = 24
STREAM_FPS = 5.0
RATES_FPS = (1.0, 5.0)
ENOUGH = 10
"""false alerts a day from which on a prediction is judged"""
FACTOR = 1.5
APPS = 1 if QUICK else 10
Known = Literal["photos that the trainer opened", "a recorded day"]
"""what predictions are made from"""


@dataclass(frozen=True)
class Day:
    """One choice, played over a day."""

    app: str
    known: Known
    kind: str
    fps: float
    predicted: float
    """false alerts"""
    measured: int
    open_share: float
    f1_predicted: float
    f1: float


@dataclass(frozen=True)
class Quiet:
    """What is declared of an app's day."""

    length_s: float
    correlation: float
    seed: int

    @classmethod
    def of(cls, pool: str, label: int) -> "Quiet":
        """Drawn for a class."""
        seed = int.from_bytes(hashlib.sha256(f"quiet/{pool}/{label}".encode()).digest()[:4])
        rng = np.random.default_rng(seed)
        return cls(drawn_length_s(rng), float(rng.choice(CORRELATIONS)), seed)

    @property
    def statistics(self) -> MeasuredEventStatistics:
        """As a tenant declares it."""
        return MeasuredEventStatistics(
            length_s=Statistic(value=round(self.length_s, 3), source="declared"),
            frequency=Statistic(value=self.length_s / HOUR_S, source="declared"),
            correlation=Statistic(value=self.correlation, source="declared"),
        )


def quiet_days(pool: str) -> None:
    """Every app of a pool, over a day of its own; write what is there, cut short or not."""
    on = stand(pool)
    apps = list(on.packages)[:APPS]
    _ = (on.test, on.learnt, on.key)
    try:
        side_by_side(f"{pool}: days", _played, [(pool, app) for app in apps])
    finally:
        days = [day for app in apps if _path(on, app).exists() for day in _played(pool, app)]
        if days:
            _write(pool, days)


def _write(pool: str, days: list[Day]) -> None:
    write_part(
        f"days-{pool}",
        {
            "pool": pool,
            "packages": stand(pool).told,
            "apps": len({day.app for day in days}),
            "open_most": max(day.open_share for day in days),
            "known": {known: judged([day for day in days if day.known == known]) for known in get_args(Known)},
        },
    )


def judged(days: list[Day]) -> dict[str, Any]:
    """False alerts a day, predicted against measured, and F1."""
    enough = [day for day in days if max(day.predicted, day.measured) >= ENOUGH]
    more = sum(day.measured > day.predicted * FACTOR for day in enough)
    fewer = sum(day.measured < day.predicted / FACTOR for day in enough)
    f1 = {kind: [day.f1 for day in days if day.kind == kind] for kind in ("micro", "fine-tuned")}
    return {
        "days": len(days),
        "judged": len(enough),
        "more": more,
        "fewer": fewer,
        "predicted": float(np.mean([day.predicted for day in days])),
        "measured": float(np.mean([day.measured for day in days])),
        "f1": {kind: float(np.mean(values)) for kind, values in f1.items() if values},
    }


def _path(on: Stand, app: str) -> Path:
    return FOLDER / "days" / f"{app}-{on.key}.json"


def _played(pool: str, app: str) -> list[Day]:
    on = stand(pool)
    return [Day(**each) for each in kept(_path(on, app), lambda: [asdict(day) for day in _days(on, app)])]


def _days(on: Stand, app: str) -> Iterable[Day]:
    """A day of each choice."""
    pool, label, package = on.pool, on.labels[app], on.packages[app]
    quiet = Quiet.of(pool.name, label)
    day, recorded = (stream_of(pool.test, label, quiet, seed) for seed in (quiet.seed, quiet.seed + 1))
    planned: dict[Known, Manifest] = {
        "photos that the trainer opened": _from_photos(package, quiet, on, label),
        "a recorded day": _from_day(package, quiet, recorded, on, label),
    }
    gap_s = merged_events(statistics_of(quiet.statistics)).gap_s
    for known, manifest in planned.items():
        table = option_table(_app(manifest))
        for k, candidate in enumerate(manifest.candidates):
            for f, fps in enumerate(table.rates.tolist()):
                if table.value[k, f] <= 0.0:
                    continue
                how = Choice(float(table.threshold[k, f]), int(table.votes[k, f]), on.test[app, candidate.name])
                played = play_app(how, due_frames([fps], day)[fps], day, day.events([label]), gap_s)
                yield Day(
                    app,
                    known,
                    candidate.kind,
                    fps,
                    predicted=float(table.false_per_hour[k, f]) * HOURS,
                    measured=len(played.alerts.false),
                    open_share=played.open_share,
                    f1_predicted=table.f1(k, f),
                    f1=played.alerts.f1,
                )


def _app(package: Manifest) -> App:
    """A package as the planner takes it, without what it costs."""
    candidates = tuple(cautious_candidate(each, package, replayed=True) for each in package.candidates)
    return App(package.name, STREAM_FPS, statistics_of(package.event_statistics), candidates, rates=RATES_FPS)


def _from_photos(package: Manifest, quiet: Quiet, on: Stand, label: int) -> Manifest:
    """The package as the trainer would have made it for these events: candidates are the same, replays are not."""
    curves = {}
    for each in package.candidates:
        labels = (on.pool.learnt if each.kind == "micro" else on.pool.held_out).labels
        scores = on.learnt[package.name, each.name]
        curves[each.name] = replayed_pictures(
            scores, labels, labels == label, quiet.statistics, each.operating_points, quiet.seed
        )
    return _with_replays(package, quiet, curves, {})


def _from_day(package: Manifest, quiet: Quiet, recorded: PictureStream, on: Stand, label: int) -> Manifest:
    """The package as if it had been replayed over a recorded day."""
    events = merged_events(statistics_of(quiet.statistics))
    curves = {
        each.name: play(
            recorded,
            [label],
            events,
            on.test[package.name, each.name],
            distinct_thresholds((at.threshold, at.p, at.e) for at in each.operating_points),
            RATES_FPS,
        )
        for each in package.candidates
    }
    counted = {"events": HOURS, "quiet_s": recorded.seconds - HOURS * events.length_s}
    return _with_replays(package, quiet, curves, counted)


def _with_replays(
    package: Manifest, quiet: Quiet, curves: Mapping[str, tuple[ReplayedRate, ...]], counted: Mapping[str, float]
) -> Manifest:
    """The package with other replays, and what they were counted on where that is something else."""
    candidates = tuple(
        each.model_copy(
            update={"replayed": curves[each.name], "evaluation": each.evaluation.model_copy(update=counted)}
        )
        for each in package.candidates
    )
    return package.model_copy(update={"event_statistics": quiet.statistics, "candidates": candidates})


def stream_of(part: Part, label: int, quiet: Quiet, seed: int) -> PictureStream:
    """A day of a part's photos: the other classes in runs of lengths of their own, and one event an hour among them."""
    rng = np.random.default_rng(quiet.seed)
    photos = part.of_class()
    means_s = {each: drawn_length_s(rng) for each in photos} | {label: quiet.length_s}
    correlations = {each: float(rng.choice(CORRELATIONS)) for each in photos} | {label: quiet.correlation}
    often = round(HOURS * HOUR_S / sum(mean_s for each, mean_s in means_s.items() if each != label))
    runs = {
        each: ClassRuns(means_s[each], SPREAD, HOURS if each == label else often, correlations[each]) for each in photos
    }
    return make_stream(runs, photos, STREAM_FPS, LENGTHS_S, seed)
