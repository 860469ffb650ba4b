"""How good candidates are: against the same ones trained alone, and against everything frozen.

Takes an hour and more. Each training that ends is told and kept (out/bench/trainer_quality.jsonl), and a run that is
cut short (Ctrl-C, SIGTERM) still says what it has.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from common.harness import FOLDER, QUICK, Report
from trainer import lessons

APPS = ("crossing", "lamp-post", "path-left")
"""whose candidates are trained alone, too"""
BRANCH_POINTS = (0, 3, 7, 11, 14)
SEEDS = (0, 1, 2)
_STEM_APPS = ("crossing", "lamp-post")
_STEM = 7
_PROCESSES = 2
_ALONE = "quality against the same candidates trained alone (3 apps, 5 candidates, 3 seeds), balanced accuracy"
_FROZEN = "plaza: mean balanced accuracy of the best candidate by held-out data less everything frozen, 3 seeds"


@dataclass
class _Results:
    """What has been trained so far."""

    path: Path
    rows: dict[tuple[str, int], lessons.Row] = field(default_factory=dict)
    alone: dict[tuple[str, int, int], lessons.Judged] = field(default_factory=dict)

    def add_row(self, row: lessons.Row) -> None:
        """Candidates of one app and seed, trained in a row."""
        self.rows[row.app, row.seed] = row
        best, frozen = _best_and_frozen(row)
        epochs = sum(each.epochs for each in row.candidates if each.branch_point < max(lessons.FIFTEEN))
        self._keep({"row": asdict(row)})
        _tell(f"{row.app}, seed {row.seed}: best {best:.3f}, everything frozen {frozen:.3f} ({epochs:.0f} epochs)")

    def add_alone(self, app: str, seed: int, judged: lessons.Judged) -> None:
        """One candidate, trained alone."""
        self.alone[app, seed, judged.branch_point] = judged
        self._keep({"app": app, "seed": seed, "alone": asdict(judged)})
        what = f"{app}, seed {seed}, branch-point {judged.branch_point} alone"
        _tell(f"{what}: {judged.test:.3f} ({judged.epochs:.1f} epochs)")

    def differences(self) -> dict[tuple[str, int, int], float]:
        """Balanced accuracy of candidates less that of the same trained alone, of those that have been trained both
        ways.
        """
        ours = {(app, seed, c.branch_point): c.test for (app, seed), row in self.rows.items() for c in row.candidates}
        return {key: float(ours[key] or 0) - float(alone.test or 0) for key, alone in self.alone.items() if key in ours}

    def _keep(self, result: dict[str, object]) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(result) + "\n")


def quality(report: Report) -> None:
    """The rows on quality."""
    if QUICK:
        report.left_out(_ALONE, "not worse by more than .01", "45 trainings from pixels take half an hour")
        report.left_out(_FROZEN, "at least .10", "18 packages of 15 candidates take half an hour")
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    results = _Results(FOLDER / "trainer_quality.jsonl")
    results.path.unlink(missing_ok=True)
    _train_all(results)
    _report(report, results)


def common_stem(report: Report) -> None:
    """What two apps gain or lose in quality by a private stem in common; what it saves is the planner's to say."""
    what = f"balanced accuracy with a common stem from branch-point {_STEM} less that without (2 apps, 3 seeds)"
    if QUICK:
        report.left_out(what, "none was set", "nine trainings take ten minutes")
        return
    together, apart = [], []
    for seed in SEEDS:
        for app, judged in zip(_STEM_APPS, lessons.with_common_stem(_STEM_APPS, seed, _STEM), strict=True):
            alone = lessons.alone(app, seed, _STEM)
            together.append(float(judged.test or 0))
            apart.append(float(alone.test or 0))
            _tell(f"{app}, seed {seed}: {together[-1]:.3f} with a common stem, {apart[-1]:.3f} without")
    report.details["common_stem"] = {"together": together, "apart": apart}
    differences = np.subtract(together, apart)
    report.row(
        what,
        f"{differences.mean():+.3f} ({np.mean(together):.3f} against {np.mean(apart):.3f}, standard error "
        f"{differences.std() / np.sqrt(len(differences)):.3f})",
        "none was set",
        None,
    )


def _train_all(results: _Results) -> None:
    """Seed by seed, so that what there is when it is cut short is of all apps alike."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ProcessPoolExecutor(_PROCESSES, initializer=partial(torch.set_num_threads, 1)) as pool:
        ended: dict[Future[Any], Callable[[], None]] = {}
        for seed in SEEDS:
            for app in (*APPS, *sorted(set(lessons.apps()) - set(APPS))):
                row = pool.submit(lessons.in_a_row, app, seed, judged=BRANCH_POINTS if app in APPS else None)
                ended[row] = partial(_add_row, results, row)
                for branch_point in BRANCH_POINTS if app in APPS else ():
                    alone = pool.submit(lessons.alone, app, seed, branch_point)
                    ended[alone] = partial(_add_alone, results, app, seed, alone)
        try:
            for future in as_completed(ended):
                ended[future]()
        except KeyboardInterrupt:
            _tell("cut short")
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(pool._processes.values()):
                process.kill()
    signal.signal(signal.SIGTERM, before)


def _add_row(results: _Results, row: Future[lessons.Row]) -> None:
    results.add_row(row.result())


def _add_alone(results: _Results, app: str, seed: int, alone: Future[lessons.Judged]) -> None:
    results.add_alone(app, seed, alone.result())


def _report(report: Report, results: _Results) -> None:
    report.details["rows"] = [asdict(row) for row in results.rows.values()]
    differences = results.differences()
    report.details["alone"] = [
        {"app": app, "seed": seed, "less_alone": differences.get((app, seed, k)), **asdict(each)}
        for (app, seed, k), each in results.alone.items()
    ]
    whole = len(lessons.apps()) * len(SEEDS)
    if results.rows:
        best, frozen = zip(*(_best_and_frozen(row) for row in results.rows.values()), strict=True)
        gain = float(np.mean(best) - np.mean(frozen))
        report.row(
            _FROZEN,
            f"{gain:+.3f} ({np.mean(best):.3f} against {np.mean(frozen):.3f}; {len(best)} of {whole} packages)",
            "at least .10",
            gain >= 0.10 if len(best) == whole else None,
        )
    whole = len(APPS) * len(SEEDS) * len(BRANCH_POINTS)
    if differences:
        values = list(differences.values())
        mean, error = float(np.mean(values)), float(np.std(values) / np.sqrt(len(values)))
        report.row(
            _ALONE,
            f"{mean:+.3f} (standard error {error:.3f}; {len(values)} of {whole} candidates)",
            "not worse by more than .01",
            mean >= -0.01 if len(values) == whole else None,
        )


def _best_and_frozen(row: lessons.Row) -> tuple[float, float]:
    best = max(row.candidates, key=lambda each: (each.held_out, each.branch_point))
    frozen = max(row.candidates, key=lambda each: each.branch_point)
    return float(best.test or 0), float(frozen.test or 0)


def _tell(line: str) -> None:
    print(f"       {line}", flush=True)
