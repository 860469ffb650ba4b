"""`make bench-predictions`: what packages predict of alerts, against streams of photos that nothing was chosen on.

Signs, photographed by some two hundred people in a row, and Fashion-MNIST: each split gives some of the blocks of
neighbouring photos, and so of the people, to the test, and makes packages of micro-heads of the rest. What the planner
would choose of a package at one rate is played on streams of some 2,000 events of test photos. Where the photos are is
told in benchmarks/photos/pools.py.

Signs are learnt from three quarters of the blocks, which leaves 51 photos a class to the test; there what is measured
wanders more than what is predicted. The other trials learn from a quarter, so that the test holds three times what
predictions were counted on. Two minutes of processor time a split; each is kept in out/bench/predictions, so that a run
that is cut short goes on. With arguments (signs, signs-quarter, fashion) only those are measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from common.candidate_scores import candidate_scores
from common.harness import FOLDER, QUICK, Report, scratch
from common.results import kept_all, write_part
from mainstream.alerts.merging import merged_events
from mainstream.mpackage.event_statistics import statistics_of
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.registry import load_base_network
from mainstream.planner import App
from mainstream.planner.answer.f1_interval import Interval, f1_interval
from mainstream.planner.tables.known import option_table
from mainstream.workload.caution import cautious_candidate
from mainstream_trainer.measure.picture_replay import due_frames
from mainstream_trainer.measure.picture_streams import PictureStream, declared_stream
from mainstream_trainer.settings import TrainingSettings
from mainstream_trainer.training import train_apps
from photos.held import Promise, moves_of_test
from photos.packages import BASE, pool_requests
from photos.play import Choice, play_app
from photos.pools import SUFFIXES, Part, load_pool

APPS = 4 if QUICK else 10
KEPT = FOLDER / "predictions"
BLOCKS = 16
STREAMS = 5
FPS = 2.0
STREAM_FPS = 10


@dataclass(frozen=True)
class Trial:
    """Photos, and how they are split."""

    name: str
    pool: str
    splits: int
    test_blocks: int
    """of `BLOCKS`"""


TRIALS = {
    each.name: each
    for each in (
        Trial("signs", "signs", 2 if QUICK else 12, 4),
        *(() if QUICK else (Trial("signs-quarter", "signs", 12, 12), Trial("fashion", "fashion", 8, 12))),
    )
}


@dataclass(frozen=True)
class Judged:
    """One app of one split."""

    split: int
    app: str
    candidate: str
    predicted: float
    interval: Interval
    """90 %, of what is predicted"""
    measured: float
    test_moves: Interval
    """how far down and up the measured F1 may be off, 90 %, by chance of so few test photos"""
    plain: float
    """measured at the threshold nearest to 1/2 and one vote"""
    hit: tuple[float, float]
    """share of hits at the chosen threshold on photos of the event: as the package says, and on test photos"""
    wrong: tuple[float, float]
    """the same on other photos"""


def judge(trial: Trial, split: int) -> Iterator[Judged]:
    """Train on what the test does not get, choose, and play on the test."""
    pool = load_pool(trial.pool)
    test_blocks = set(np.random.default_rng(split).choice(BLOCKS, trial.test_blocks, replace=False).tolist())
    with scratch() as made:
        train, test = made / "train", []
        for label, name in enumerate(pool.classes):
            (train / name).mkdir(parents=True)
            photos = sorted(path for path in (pool.folder / name).iterdir() if path.suffix.lower() in SUFFIXES)
            for at, photo in enumerate(photos):
                if at * BLOCKS // len(photos) in test_blocks:
                    test.append((photo, label))
                else:
                    (train / name / photo.name).symlink_to(photo.absolute())
        learnt_from = replace(pool, name=trial.name, folder=train, fit_share=0.8, held_out_share=0.2)
        asked = pool_requests(learnt_from, APPS, TrainingSettings(variants=2, prune=False), seed=split)
        store, network = FolderStore(made / "store"), load_base_network(BASE)
        manifests = train_apps([replace(each, quick=True) for each in asked], store)
        part = Part(tuple(path for path, _ in test), np.array([label for _, label in test], dtype=np.int64))
        views = part.views(network.preprocessing.height, network.preprocessing.width)
        scores = candidate_scores(manifests, store, network, views)
        for label, manifest in enumerate(manifests):
            yield play(manifest, label, part.labels, scores[manifest.name], split)


def play(
    manifest: Manifest,
    label: int,
    labels: NDArray[np.int64],
    scores: dict[str, NDArray[np.float64]],
    split: int,
) -> Judged:
    """What the planner would choose at one rate, and what comes of it."""
    candidates = tuple(cautious_candidate(each, manifest, replayed=True) for each in manifest.candidates)
    app = App(manifest.name, float(STREAM_FPS), statistics_of(manifest.event_statistics), candidates)
    table = option_table(app)
    f = int(np.abs(table.rates - FPS).argmin())
    k = int(table.value[:, f].argmax())
    name, threshold = manifest.candidates[k].name, float(table.threshold[k, f])
    interval = f1_interval(table, k, f) or (0.0, 1.0)
    merged = merged_events(statistics_of(manifest.event_statistics))
    streams = [
        declared_stream(labels, [label], manifest.event_statistics, STREAM_FPS, 100 * split + i) for i in range(STREAMS)
    ]
    made = [stream for stream in streams if stream is not None]
    found, false, events = count(made, label, merged.gap_s, Choice(threshold, int(table.votes[k, f]), scores[name]))
    moves = moves_of_test(found / events, false / events, merged, labels == label)
    half = min((point.threshold for point in manifest.candidates[k].operating_points), key=lambda at: abs(at - 0.5))
    plain = f1_of(*count(made, label, merged.gap_s, Choice(half, 1, scores[name])))
    point = next(each for each in manifest.candidates[k].operating_points if each.threshold == threshold)
    hits = scores[name] >= threshold
    return Judged(
        split,
        manifest.name,
        name,
        table.f1(k, f),
        interval,
        f1_of(found, false, events),
        moves,
        plain,
        hit=(point.p, float(hits[labels == label].mean())),
        wrong=(point.e, float(hits[labels != label].mean())),
    )


def count(streams: list[PictureStream], label: int, gap_s: float, choice: Choice) -> tuple[int, int, int]:
    """Found events, false alerts and events over all streams."""
    played = [
        play_app(choice, due_frames([FPS], stream)[FPS], stream, stream.events([label]), gap_s).alerts
        for stream in streams
    ]
    found, missed, false = (sum(len(getattr(each, what)) for each in played) for what in ("found", "missed", "false"))
    return found, false, found + missed


def f1_of(found: int, false: int, events: int) -> float:
    """Of alerts that were counted."""
    return 2 * found / (events + found + false)


def predictions(trial: Trial, report: Report) -> None:
    """The rows of one trial, for the page of evidence too."""
    before = len(report.rows)
    judged = [
        each
        for split in range(trial.splits)
        for each in kept_all(KEPT / f"{trial.name}-{split}-{APPS}-apps.json", Judged, partial(judge, trial, split))
    ]
    report.details[trial.name] = [asdict(each) for each in judged]
    errors = np.array([each.predicted - each.measured for each in judged])
    promises = [Promise(each.predicted, each.interval, each.measured, each.test_moves) for each in judged]
    held, perfect = (np.mean([getattr(each, what) for each in promises]) for what in ("held", "held_if_perfect"))
    above = np.mean([each.measured > each.interval[1] for each in judged])
    gain = np.mean([each.measured - each.plain for each in judged])
    bias, error = float(errors.mean()), float(np.abs(errors).mean())
    what = f"{trial.name}, {trial.splits} splits, {APPS} apps each, at {FPS:g} frames a second"
    report.row(f"{what}: mean bias of predicted F1 of alerts", f"{bias:+.3f}", "at most .010", abs(bias) <= 0.01)
    report.row(f"{what}: mean absolute error", f"{error:.3f}", "at most .030", error <= 0.03)
    value = f"{held:.0%}; {above:.0%} above; of so few test photos, {perfect:.0%} by intervals that hold the truth"
    report.row(f"{what}: 90 % intervals hold", value, "at least 88 %", bool(held >= 0.88))
    plain = f"{what}: chosen threshold and votes against 1/2 and one vote"
    least = 0.02 if trial.pool == "signs" else 0.0
    report.row(plain, f"{gain:+.3f}", f"at least {least:+.3f}", bool(gain >= least))
    hit, wrong = (np.array([getattr(each, kind) for each in judged]) for kind in ("hit", "wrong"))
    report.row(
        f"{what}: hits at the chosen threshold on test photos less those that folds counted, event and other",
        f"{np.diff(hit).mean():+.3f} and {np.diff(wrong).mean():+.4f}",
        "told",
        None,
    )
    write_part(f"predictions-{trial.name}", {"rows": [asdict(row) for row in report.rows[before:]]})


PARTS = {name: partial(predictions, trial) for name, trial in TRIALS.items()}
