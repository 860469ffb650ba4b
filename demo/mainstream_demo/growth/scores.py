"""What candidates say of every frame that is played: computed once by the runner's engine, and kept."""

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import numpy as np

from mainstream.arrays import FloatArray
from mainstream.errors import InvalidInputError
from mainstream.messages.runner_plan import RunnerPlan, RunnerStream
from mainstream.mpackage.manifest import Manifest
from mainstream.workload.compose import ChosenCandidate, runner_app
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.calibration import calibrated
from mainstream_runner.engine.loader import load_executor
from mainstream_runner.serving.worker import cache_folder
from mainstream_runner.views import plan_views
from mainstream_trainer.data.clip import ClipPart

_TOGETHER = 48
"""candidates in memory at once"""

Scores = dict[tuple[str, str], FloatArray]
"""by package name and candidate, of each frame that is played (frames,)"""


def score_frames(
    wanted: Collection[tuple[str, str]],
    packages: Mapping[str, Manifest],
    store: Path,
    played: ClipPart,
    kept: Path,
    on_share: Callable[[float], None],
) -> Scores:
    """Scores of the wanted candidates (package name and candidate) of these packages, of every frame; what the file
    `kept` has is not computed again."""
    names = {pair: f"{packages[pair[0]].digest}-{pair[1]}-{played.sha256}" for pair in wanted}
    known = _read(kept)
    missing = sorted(pair for pair, name in names.items() if name not in known)
    for start in range(0, len(missing), _TOGETHER):
        some = missing[start : start + _TOGETHER]

        def tell(share: float, start: int = start, count: int = len(some)) -> None:
            on_share((start + share * count) / len(missing))

        known |= {names[pair]: said for pair, said in _computed(some, packages, store, played, tell)}
    if missing:
        np.savez_compressed(kept, allow_pickle=False, **known)
    return {pair: known[name].astype(np.float64) for pair, name in names.items()}


def _read(kept: Path) -> dict[str, FloatArray]:
    if not kept.exists():
        return {}
    with np.load(kept, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _computed(
    pairs: list[tuple[str, str]],
    packages: Mapping[str, Manifest],
    store: Path,
    played: ClipPart,
    on_share: Callable[[float], None],
) -> Iterator[tuple[tuple[str, str], FloatArray]]:
    """Of all pairs in one stem tree for each view: what they share runs once a frame."""
    plan = _everything(pairs, packages, played)
    executor = load_executor(plan, store, calibrated(cache_folder()))
    for app, problem in executor.unavailable_apps.items():
        raise InvalidInputError(problem, field=f"package {pairs[int(app)]}")
    views = plan_views(plan)
    for index, view in enumerate(views):
        apps = tuple(app.name for app in view.apps)
        size = executor.views[index]
        pixels = played.read(plan.streams[0].crops[view.view], size.height, size.width, lambda share: None)
        said = np.empty((len(apps), len(pixels)))
        for row, frame in enumerate(pixels):
            scored = executor.score([DueFrame(index, frame, apps)])[0]
            said[:, row] = [scored[app] for app in apps]
            on_share((index + (row + 1) / len(pixels)) / len(views))
        yield from ((pairs[int(app)], of_app) for app, of_app in zip(apps, said, strict=True))


def _everything(pairs: list[tuple[str, str]], packages: Mapping[str, Manifest], played: ClipPart) -> RunnerPlan:
    """Orders in which every pair is an app, named by its number, that looks at every frame."""
    clip = played.clip
    views = {name: packages[name].training.view for name, _ in pairs}
    crops = {name: None if view is None else view.crop for name, view in views.items()}
    apart = list(dict.fromkeys(crops.values()))
    view_of = {name: f"view-{apart.index(crop)}" for name, crop in crops.items()}
    stream = RunnerStream(
        name="clip", url=f"file:{clip.path}", fps=clip.fps, crops={view_of[name]: crop for name, crop in crops.items()}
    )
    apps = tuple(
        runner_app(
            packages[name],
            ChosenCandidate(candidate, clip.fps, 0.5, 1),
            name=str(number),
            stream=stream.name,
            view=view_of[name],
            merge_gap_s=1.0,
        )
        for number, (name, candidate) in enumerate(pairs)
    )
    return RunnerPlan(node="scores", sharing=True, budget=0.0, cost=0.0, streams=(stream,), apps=apps)
