"""What every figure stands on: pools, their trained packages, the node's profile, scores, and results of workloads."""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from cells import ABSTRACT_FPS, Cell, all_cells, event_groups, headline
from mainstream.errors import InvalidInputError
from mainstream.messages.node_profile import NodeProfile, read_node_profile
from mainstream.mpackage.manifest import Manifest
from mainstream.planner import Problem
from measure import POLICIES, measure
from packages import BASE, STORE, pool_packages
from photo_scores import Scores, photo_scores
from pools import KNOWN_POOLS, Pool, load_pool
from replayed import Curves, replayed_curves, with_curves
from restricted import as_published
from results import FOLDER, QUICK, kept, key_of
from workloads import STREAM, Workload, draw_workload

Way = Literal["replayed", "chain", "published"]
"""what plans are made from: replayed curves, as packages carry them; the chain law; or replayed curves where
every policy, Mainstream too, chooses from what the authors' policies choose from"""

FORMAT = 3
"""of a workload's result; part of its name"""
_QUICK_WORKLOADS = 4
_QUICK_APPS = 10
_KEPT = 4
"""workloads that are in memory at once, for the cells that share them and the ways to plan them"""


def arguments(description: str | None) -> list[str]:
    """The pools to run on: `--pictures FOLDER` for one's own, else all known ones; in a quick run the first."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument(
        "--pictures", metavar="FOLDER", help="folder with a folder of pictures per class, instead of the known pools"
    )
    asked = parser.parse_args()
    names = [asked.pictures] if asked.pictures else list(KNOWN_POOLS[:1] if QUICK else KNOWN_POOLS)
    for name in names:
        try:
            pool(name)
        except InvalidInputError as error:
            parser.error(str(error))
    return names


@cache
def pool(name: str) -> Pool:
    """A pool, loaded once."""
    return load_pool(name)


@cache
def packages(name: str, apps: int) -> dict[str, Manifest]:
    """Packages of the pool's first `apps` events; trained where they are not yet."""
    return pool_packages(pool(name), event_groups(len(pool(name).classes), apps))


@cache
def profile(name: str) -> NodeProfile:
    """What frames of a pool's streams cost on this machine: measured once, kept beside the results."""
    path = FOLDER / f"profile-{pool(name).name}.json"
    if not path.exists():
        from live import measure_profile

        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(measure_profile(BASE, STREAM, pool(name).held_out).model_dump_json(indent=1), encoding="utf-8")
    return read_node_profile(path)


@cache
def scores(name: str, apps: int) -> Scores:
    """Scores of all test photos by all candidates of the pool's first `apps` events."""
    return photo_scores(packages(name, apps), pool(name).test, STORE, FOLDER / "scores", profile(name).back_end)


def apps_of(cell: Cell) -> int:
    """How many packages a cell draws its apps from."""
    return max(cell.apps, len(pool(cell.pool).classes))


def cells(pools: Sequence[str]) -> list[Cell]:
    """The cells to run; in a quick run those of the abstract's camera and at most ten apps, a few workloads each."""
    made = list(all_cells(pools))
    if not QUICK:
        return made
    return [cell for cell in made if cell.apps <= _QUICK_APPS and cell.stream_fps == ABSTRACT_FPS]


def workloads(cell: Cell) -> int:
    """How many workloads of a cell are run."""
    return min(cell.workloads, _QUICK_WORKLOADS) if QUICK else cell.workloads


def is_headline(cell: Cell) -> bool:
    """Whether the cell is of the abstract's regime."""
    return replace(cell, published_lengths=False) == headline(cell.pool)


def workload(cell: Cell, index: int) -> Workload:
    """One workload of a cell."""
    return replace(_drawn(cell.streams, index), cell=cell)


@lru_cache(maxsize=_KEPT)
def _drawn(cell: Cell, index: int) -> Workload:
    return draw_workload(cell, index, pool(cell.pool), packages(cell.pool, apps_of(cell)), profile(cell.pool))


@cache
def key(cell: Cell) -> str:
    """What results of a cell depend on: format, packages, profile and test photos."""
    digests = sorted(package.digest for package in packages(cell.pool, apps_of(cell)).values())
    return key_of(FORMAT, digests, profile(cell.pool).model_dump_json(), pool(cell.pool).test.digest)


@cache
def held_out_scores(name: str, apps: int) -> Scores:
    """Scores of the held-out photos by all candidates of the pool's first `apps` events."""
    return photo_scores(packages(name, apps), pool(name).held_out, STORE, FOLDER / "scores", profile(name).back_end)


def curves_of(cell: Cell, index: int, way: Way = "replayed") -> Curves:
    """Replayed curves of a workload's apps, as packages carry them whose tenants declared these events."""
    return _curves(cell.streams, index, way)


@lru_cache(maxsize=_KEPT)
def _curves(cell: Cell, index: int, way: Way) -> Curves:
    drawn = workload(cell, index)
    return replayed_curves(drawn, _options(drawn, way), held_out_scores(cell.pool, apps_of(cell)))


def problem_of(cell: Cell, index: int, way: Way = "replayed") -> Problem:
    """What a workload's plans are made from."""
    problem = _options(workload(cell, index), way)
    return problem if way == "chain" else with_curves(problem, curves_of(cell, index, way))


def _options(drawn: Workload, way: Way) -> Problem:
    return as_published(drawn.problem) if way == "published" else drawn.problem


def results_of(cell: Cell, index: int, way: Way = "replayed") -> dict[str, Any]:
    """A workload's result under every policy, by policy, kept on disk; all are planned the same way."""
    path = FOLDER / way / cell.name / f"{index:02d}-{key(cell)}.json"

    def make() -> dict[str, Any]:
        drawn, known = workload(cell, index), scores(cell.pool, apps_of(cell))
        problem = problem_of(cell, index, way)
        return {policy: measure(drawn, policy, known, problem) for policy in POLICIES}

    result: dict[str, Any] = kept(path, make)
    return result


def ready(wanted: Iterable[Cell]) -> None:
    """Make what workloads of these cells stand on, so that processes which share them find it in memory."""
    for name, apps in sorted({(cell.pool, apps_of(cell)) for cell in wanted}):
        scores(name, apps)
        held_out_scores(name, apps)


def work_folder(name: str) -> Path:
    """A folder for what a figure makes on its way."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
