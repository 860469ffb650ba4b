"""What is measured, fixed before anything was: cells of workloads, and how a workload is drawn. Pure.

A cell is a pool of photos, a number of apps, a stream's rate and a budget; a workload is one draw of everything that
a cell leaves open: how long, how often and how alike the events of each class are. All policies are measured on the
same workloads. The budget is stated as the rate that No-Sharing affords every app of ten (`no_sharing_fps`): with a
whole network a frame, that is what the abstract's regime fixes (1.4 fps for 10 apps on a 14 fps stream).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from streams import ClassRuns, StreamLimits

HEADLINE_WORKLOADS = 30
OTHER_WORKLOADS = 20
ABLATION_WORKLOADS = 12
LIVE_WORKLOADS = 2
FROZEN_BASES, FROZEN_TASKS = 3, 3
THROUGHPUT_APPS = (1, 2, 4, 8, 16)
THROUGHPUT_DEPTHS = 2
TRAINER_APPS = ("crossing", "lamp-post", "path-left")
"""of the plaza clip"""
TRAINER_SEEDS = (0, 1, 2)
EVENTS_PER_APP = 200
"""at least"""

LIMITS = StreamLimits(shortest_s=0.3, longest_s=3.0)
LENGTHS_S = (0.3, 3.0)
"""of a class's mean event, log-uniform: as many short ones as long ones"""
PUBLISHED_LENGTHS_S = (0.2, 0.4, 0.6, 0.8, 1.0)
"""of the set-ups that the authors published (data/atc18), each as likely"""
SPREAD = 1.3
"""single events are up to so much longer or shorter than their class's mean"""
RUNS = (1, 2, 4)
"""times 200 runs of a class, each as likely: frequencies differ by these and by length"""
CORRELATIONS = tuple(i / 10 for i in range(1, 10))
"""as in the published set-ups, each as likely"""

BUDGET_APPS = 10
ABSTRACT_FPS, ABSTRACT_NO_SHARING_FPS = 14, 1.4


@dataclass(frozen=True)
class Cell:
    """One cell."""

    pool: str
    apps: int = BUDGET_APPS
    stream_fps: int = ABSTRACT_FPS
    no_sharing_fps: float = ABSTRACT_NO_SHARING_FPS
    published_lengths: bool = False
    workloads: int = OTHER_WORKLOADS

    @property
    def name(self) -> str:
        """Unique, and good for a file's name."""
        lengths = "-published-lengths" if self.published_lengths else ""
        return f"{self.pool}-{self.apps}-apps-{self.stream_fps}-fps-budget-{self.no_sharing_fps:g}{lengths}"

    @property
    def streams(self) -> "Cell":
        """Stands for all cells that have its streams and apps: what differs is the budget alone."""
        return replace(self, no_sharing_fps=ABSTRACT_NO_SHARING_FPS, workloads=0)

    @property
    def limits(self) -> StreamLimits:
        """Of single events."""
        return StreamLimits(0.0, LIMITS.longest_s) if self.published_lengths else LIMITS


APPS = (2, 4, 8, 16, 32)
BUDGETS_FPS = (0.35, 0.7, 2.8, 5.6)
STREAMS_FPS = (10, 30)


def headline(pool: str) -> Cell:
    """The abstract's regime with events of the lengths in `LENGTHS_S`."""
    return Cell(pool, workloads=HEADLINE_WORKLOADS)


def short_events(pool: str) -> Cell:
    """The abstract's regime with event lengths as the authors' set-ups have them."""
    return Cell(pool, published_lengths=True, workloads=HEADLINE_WORKLOADS)


def over_apps(pool: str) -> tuple[Cell, ...]:
    """More and more apps under one budget."""
    return tuple(Cell(pool, apps=apps) for apps in APPS)


def over_budget(pool: str) -> tuple[Cell, ...]:
    """Ten apps under more and more budget."""
    return tuple(Cell(pool, no_sharing_fps=fps) for fps in BUDGETS_FPS)


def over_streams(pool: str) -> tuple[Cell, ...]:
    """The abstract's budget on slower and faster cameras."""
    return tuple(Cell(pool, stream_fps=fps) for fps in STREAMS_FPS)


def all_cells(pools: Sequence[str]) -> tuple[Cell, ...]:
    """Every cell, the headline's first."""
    made: list[Cell] = []
    for pool in pools:
        made += [headline(pool), short_events(pool), *over_apps(pool), *over_budget(pool), *over_streams(pool)]
    return tuple(sorted(made, key=lambda cell: cell.workloads != HEADLINE_WORKLOADS))


def event_groups(classes: int, apps: int) -> tuple[tuple[int, ...], ...]:
    """Which classes are an app's event: each class alone, then pairs at distances that share no neighbour.

    Pairs at distance 1, 3 and 5: of ten classes each stays apart from at most six others, so that runs can be ordered.
    """
    singles = [(label,) for label in range(classes)]
    pairs = [
        tuple(sorted((label, (label + distance) % classes)))
        for distance in (1, 3, 5)
        for label in range(classes)
        if distance < classes
    ]
    distinct = list(dict.fromkeys([*singles, *(pair for pair in pairs if pair[0] != pair[1])]))
    return tuple(distinct[:apps])


def chosen_groups(classes: int, apps: int, rng: np.random.Generator) -> tuple[tuple[int, ...], ...]:
    """The apps of one workload: with fewer apps than classes, which ones is drawn; the rest is other pictures."""
    if apps >= classes:
        return event_groups(classes, apps)
    return tuple((label,) for label in sorted(rng.choice(classes, apps, replace=False).tolist()))


def draw_runs(cell: Cell, classes: int, rng: np.random.Generator) -> dict[int, ClassRuns]:
    """How every class of the pool appears in one workload's stream."""
    return {label: _class_runs(cell, rng) for label in range(classes)}


def _class_runs(cell: Cell, rng: np.random.Generator) -> ClassRuns:
    if cell.published_lengths:
        length_s, spread = float(rng.choice(PUBLISHED_LENGTHS_S)), 1.0
    else:
        low, high = LENGTHS_S
        length_s, spread = float(low * (high / low) ** rng.random()), SPREAD
    runs = EVENTS_PER_APP * int(rng.choice(RUNS))
    return ClassRuns(length_s, spread, runs, float(rng.choice(CORRELATIONS)))
