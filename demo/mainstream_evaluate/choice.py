"""How a package is played: what is not given is chosen as the planner would choose it if nothing limited it."""

from dataclasses import dataclass, replace

from mainstream.errors import InvalidInputError
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan, RunnerStream
from mainstream.mpackage.event_statistics import statistics_of
from mainstream.mpackage.manifest import Manifest
from mainstream.planner import App, Pin
from mainstream.planner.tables.known import option_table
from mainstream.workload.caution import cautious_candidate
from mainstream.workload.compose import ChosenCandidate, runner_app
from mainstream_trainer.data.clip import Clip

_STREAM = "clip"


@dataclass(frozen=True)
class Given:
    """What was said of how packages are played; None leaves the choice open."""

    candidate: str | None = None
    fps: float | None = None
    threshold: float | None = None
    votes: int | None = None
    merge_gap_s: float | None = None


def plan_of(packages: list[Manifest], clip: Clip, given: Given) -> RunnerPlan:
    """A runner's orders to play the packages over the clip, each on the part of the picture that it was trained on."""
    views = [None if each.training.view is None else each.training.view.crop for each in packages]
    stream = RunnerStream(
        name=_STREAM,
        url=f"file:{clip.path}",
        fps=clip.fps,
        crops={f"view-{number}": crop for number, crop in enumerate(views)},
    )
    # Packages of one crop look at one view, so that they share what they can.
    names = [f"view-{views.index(crop)}" for crop in views]
    apps = tuple(_app(each, name, clip, given) for each, name in zip(packages, names, strict=True))
    return RunnerPlan(node="evaluation", sharing=True, budget=0.0, cost=0.0, streams=(stream,), apps=apps)


def _app(package: Manifest, view: str, clip: Clip, given: Given) -> RunnerApp:
    chosen = _pin(package, clip.fps, given)
    gap_s = given.merge_gap_s or package.event_statistics.gap_s
    return runner_app(package, chosen, name=package.name, stream=_STREAM, view=view, merge_gap_s=gap_s)


def _pin(package: Manifest, clip_fps: float, given: Given) -> ChosenCandidate:
    """The option of the best predicted F1, of equal ones the most frozen, then that of the lowest rate."""
    table = option_table(_planned(package, clip_fps, given), _pinned(package, given))
    best = float(table.value.max())
    if best < 0:
        names = ", ".join(each.name for each in package.candidates)
        raise InvalidInputError(
            f"{package.name}@{package.version} has no such candidate, or it finds nothing so; it has {names}",
            field="--package",
        )
    k = max(row for row in range(len(table.value)) if table.value[row].max() == best)
    f = int(table.value[k].argmax())
    return ChosenCandidate(
        package.candidates[k].name,
        float(table.rates[f]),
        float(table.threshold[k, f]),
        int(table.votes[k, f]),
    )


def _planned(package: Manifest, clip_fps: float, given: Given) -> App:
    if given.fps is not None and given.fps > clip_fps:
        raise InvalidInputError(f"{given.fps:g} is more than the clip's {clip_fps:g} frames per second", field="--fps")
    measured = statistics_of(package.event_statistics)
    as_replayed = given.merge_gap_s in (None, package.event_statistics.gap_s)
    return App(
        name=package.name,
        stream_fps=clip_fps,
        events=replace(measured, merge_gap_s=given.merge_gap_s or package.event_statistics.gap_s),
        candidates=tuple(cautious_candidate(each, package, replayed=as_replayed) for each in package.candidates),
        rates=None if given.fps is None else (given.fps,),
    )


def _pinned(package: Manifest, given: Given) -> Pin:
    """What was said; of thresholds the nearest that the candidate was measured at."""
    wanted = threshold = given.threshold
    if wanted is not None:
        if given.candidate is None:
            raise InvalidInputError(
                "name --candidate too: each candidate has thresholds of its own", field="--threshold"
            )
        measured = [
            at.threshold for each in package.candidates if each.name == given.candidate for at in each.operating_points
        ]
        threshold = min(measured, key=lambda at: abs(at - wanted), default=None)
    return Pin(package.name, given.candidate, given.fps, threshold, given.votes)
