"""How good the candidates of the judges' packages are on test photos: best micro-head, whole network, last map."""

from __future__ import annotations

import numpy as np
from alerts_stand import Stand
from harness import Report
from numpy.typing import NDArray
from trainer_heads import average_precision, best_micro, error_over_apps
from trainer_lessons import balanced_accuracy

from mainstream.nn.registry import load_base_network
from packages import BASE


def heads(report: Report, stand: Stand) -> None:
    """Told alone: whole networks are fine-tuned for one pass, a quarter of what the trainer gives them by default."""
    names, depth = list(stand.packages), load_base_network(BASE).depth
    for measure, title in ((balanced_accuracy, "balanced accuracy"), (average_precision, "average precision")):
        rows: list[tuple[float, ...]] = []
        for label, package in enumerate(stand.packages.values()):
            shown = stand.pool.test.labels == label
            kinds = (best_micro(package).name, "tuned-0", f"tuned-{depth}")
            rows.append(tuple(float(measure(stand.test[package.name, kind], shown)) for kind in kinds))
        micros, whole, pooled = np.array(rows).T
        report.row(
            f"{stand.pool.name}: {title} on test photos: best micro-head, whole after one pass, pooled last map",
            f"{micros.mean():.3f}, {whole.mean():.3f}, {pooled.mean():.3f}; the first less the others "
            f"{_said(names, micros - whole)}, {_said(names, micros - pooled)}",
            "told",
            None,
        )


def _said(names: list[str], differences: NDArray[np.float64]) -> str:
    return f"{differences.mean():+.3f} (standard error {error_over_apps(names, differences):.3f})"
