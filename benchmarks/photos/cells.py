"""What is measured, fixed before anything was: cells of workloads, and how a workload is drawn. Pure.

A cell is a pool of photos, a number of apps, a stream's rate and a budget; a workload is one draw of everything that
a cell leaves open: how long, how often and how alike the events of each class are, and which apps there are. All
policies are measured on the same workloads. The budget is stated as the rate that No-Sharing affords every app of ten
(`no_sharing_fps`): with a whole network a frame, that is what the abstract's regime fixes (1.4 fps for 10 apps on a
14 fps stream).
"""

from dataclasses import dataclass, replace

import numpy as np

from common.results import QUICK
from photos.streams import ClassRuns

REGIME_WORKLOADS, OTHER_WORKLOADS = (4, 4) if QUICK else (20, 10)
EVENTS_PER_APP = 200
"""at least"""
LENGTHS_S = (0.3, 3.0)
"""of a class's mean event, log-uniform: as many short ones as long ones; and of every single event"""
PUBLISHED_LENGTHS_S = (0.2, 0.4, 0.6, 0.8, 1.0)
"""of the set-ups that the authors published (data/atc18), each as likely"""
SPREAD = 1.3
"""single events are up to so much longer or shorter than their class's mean"""
RUNS = (1, 2, 4)
"""times 200 runs of a class, each as likely: frequencies differ by these and by length"""
CORRELATIONS = tuple(i / 10 for i in range(1, 10))
"""as in the published set-ups, each as likely"""
RATES_FPS = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 20.0, 30.0)
"""that an app may have, up to the stream's own"""

BUDGET_APPS = 10
ABSTRACT_FPS, ABSTRACT_NO_SHARING_FPS = 14, 1.4
APPS = (2, 4, 8, 16, 32, 64)
BUDGETS_FPS = (0.35, 0.7, 2.8, 5.6)
STREAMS_FPS = (10, 30)


@dataclass(frozen=True)
class Cell:
    """One cell."""

    pool: str
    apps: int = BUDGET_APPS
    stream_fps: int = ABSTRACT_FPS
    no_sharing_fps: float = ABSTRACT_NO_SHARING_FPS
    published_lengths: bool = False

    @property
    def name(self) -> str:
        """Unique, and good for a file's name."""
        lengths = "-published-lengths" if self.published_lengths else ""
        return f"{self.pool}-{self.apps}-apps-{self.stream_fps}-fps-budget-{self.no_sharing_fps:g}{lengths}"

    @property
    def streams(self) -> "Cell":
        """Stands for all cells that have its streams: what differs is the budget, and how many apps there are."""
        return replace(self, no_sharing_fps=ABSTRACT_NO_SHARING_FPS, apps=BUDGET_APPS)

    @property
    def is_regime(self) -> bool:
        """Whether it is the abstract's, with whatever lengths of events."""
        return self.streams == self and self.stream_fps == ABSTRACT_FPS

    @property
    def workloads(self) -> int:
        """How many are drawn."""
        return REGIME_WORKLOADS if self.is_regime else OTHER_WORKLOADS

    @property
    def limits_s(self) -> tuple[float, float]:
        """Of single events."""
        return (0.0 if self.published_lengths else LENGTHS_S[0], LENGTHS_S[1])

    @property
    def rates_fps(self) -> tuple[float, ...]:
        """That an app may have."""
        return tuple(rate for rate in RATES_FPS if rate <= self.stream_fps)


def cells_of(pool: str) -> tuple[Cell, ...]:
    """Every cell of a pool, the abstract's regime first; in a quick run some of those that share its streams."""
    regime = (Cell(pool), Cell(pool, published_lengths=True))
    if QUICK:
        return (*regime, Cell(pool, apps=16), Cell(pool, apps=64), Cell(pool, no_sharing_fps=BUDGETS_FPS[0]))
    return (
        *regime,
        *(Cell(pool, apps=apps) for apps in APPS),
        *(Cell(pool, no_sharing_fps=fps) for fps in BUDGETS_FPS),
        *(Cell(pool, stream_fps=fps) for fps in STREAMS_FPS),
    )


def draw_runs(cell: Cell, classes: int, rng: np.random.Generator) -> dict[int, ClassRuns]:
    """How every class of the pool appears in one workload's stream."""
    return {label: _class_runs(cell, rng) for label in range(classes)}


def drawn_length_s(rng: np.random.Generator) -> float:
    """Of a class's mean event, log-uniform."""
    low, high = LENGTHS_S
    return float(low * (high / low) ** rng.random())


def _class_runs(cell: Cell, rng: np.random.Generator) -> ClassRuns:
    if cell.published_lengths:
        length_s, spread = float(rng.choice(PUBLISHED_LENGTHS_S)), 1.0
    else:
        length_s, spread = drawn_length_s(rng), SPREAD
    runs = EVENTS_PER_APP * int(rng.choice(RUNS))
    return ClassRuns(length_s, spread, runs, float(rng.choice(CORRELATIONS)))
