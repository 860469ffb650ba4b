"""What every candidate says of every photo: computed once, through TorchServe as it runs live, and kept on disk.

Frames of the streams are photos of a finite pool, so the score of (app, candidate, photo) is all that a plan needs to
be played. Files are named by the digests of package and pictures and by the back end: what changes is computed anew.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mainstream.messages.node_profile import NodeProfile
from mainstream.mpackage.manifest import Manifest
from mainstream.planner import AppPlan, Cost, Plan
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream_runner.client import EngineClient
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.serving.torchserve import torchserve
from pools import Pixels
from workloads import node_of

FloatArray = NDArray[np.float64]
Scores = dict[tuple[str, str], FloatArray]
"""by package name and branch-point, (photos,)"""

_TOGETHER = 5
"""packages whose candidates are in memory at once"""
_PICTURES = 8
"""of one request"""


class Pictures(Protocol):
    """Pictures of a pool's part, or of a clip."""

    @property
    def digest(self) -> str:
        """Identity of the pictures."""

    def views(self, height: int, width: int) -> Pixels:
        """All of them at the size of a view, (n, height, width, 3)."""


def photo_scores(
    packages: Mapping[str, Manifest],
    part: Pictures,
    store: Path,
    kept: Path,
    back_end: str,
    on_share: Callable[[float], None] = lambda share: None,
) -> Scores:
    """Scores of all pictures of a part by every candidate of these packages, on a node that runs this back end."""
    kept.mkdir(parents=True, exist_ok=True)
    digest = part.digest
    paths = {
        name: kept / f"{name}-{package.digest[:16]}-{digest[:16]}-{back_end}.npz" for name, package in packages.items()
    }
    missing = [name for name, path in paths.items() if not path.exists()]
    if missing:
        with torchserve() as server, closing(EngineClient(server.port)) as client:
            for at in range(0, len(missing), _TOGETHER):
                chosen = {name: packages[name] for name in missing[at : at + _TOGETHER]}
                for name, arrays in _computed(chosen, part, store, client).items():
                    hidden = paths[name].with_name(f".{paths[name].name}")
                    np.savez_compressed(hidden, allow_pickle=False, **arrays)
                    hidden.replace(paths[name])
                on_share(min(1.0, (at + _TOGETHER) / len(missing)))
    scores: Scores = {}
    for name, path in paths.items():
        with np.load(path) as arrays:
            scores |= {(name, candidate): arrays[candidate] for candidate in arrays.files}
    return scores


def _computed(
    packages: Mapping[str, Manifest], part: Pictures, store: Path, client: EngineClient
) -> dict[str, dict[str, FloatArray]]:
    """All candidates in one stem tree: what they share runs once a picture. By package, then by candidate."""
    names = {
        f"{name}-at-{each.name}": (name, each.name) for name, package in packages.items() for each in package.candidates
    }
    node = node_of({alias: packages[name] for alias, (name, _) in names.items()}, 1.0, _nothing_known())
    orders = compose_runner_plan(node, _everything(node, [candidate for _, candidate in names.values()]))
    height, width = client.load(orders, store).sizes[0]
    pixels = part.views(height, width)
    scores: dict[str, dict[str, FloatArray]] = {name: {} for name in packages}
    for name, candidate in names.values():
        scores[name][candidate] = np.empty(len(pixels))
    for start in range(0, len(pixels), _PICTURES):
        frames = [DueFrame(0, each, tuple(names)) for each in pixels[start : start + _PICTURES]]
        for row, said in enumerate(client.score(orders.digest, frames), start=start):
            for alias, (name, candidate) in names.items():
                scores[name][candidate][row] = said[alias]
    return scores


def _everything(node: NodeWorkload, candidates: Sequence[str]) -> Plan:
    """A plan in which every app runs its candidate on every frame."""

    def each(placed: PlacedApp, candidate: str) -> AppPlan:
        packed = placed.package.candidate(candidate)
        return AppPlan(placed.name, packed.name, packed.kind, packed.branch_point, 0.5, 1.0, 1, 0.0, 0.0, 0.0, 0.0, 0.0)

    apps = tuple(each(placed, candidate) for placed, candidate in zip(node.apps, candidates, strict=True))
    return Plan("mainstream", "heuristic", apps, Cost((), {}, 0.0, 0.0, 0), 1.0, 0.0, None, None, 0.0, 0.0)


def _nothing_known() -> NodeProfile:
    return NodeProfile(machine="", back_end="", versions={}, bases={}, frame_s=0.0, decode_s={}, idle=0.0)
