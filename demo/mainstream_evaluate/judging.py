"""Whose alerts are held against the labels, and the evaluation that comes of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from mainstream.alerts.spans import as_spans
from mainstream.arrays import FloatArray
from mainstream.errors import InvalidInputError
from mainstream.mpackage.copying import copy_published
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.reading import open_package
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.mpackage.stores.opening import StoreOptions, open_store, split_reference
from mainstream.times import Span
from mainstream_evaluate.choice import Given, plan_of
from mainstream_evaluate.evaluation import AppEvaluation, Evaluation, evaluate_app
from mainstream_evaluate.inputs import AppNames, LabelledClip
from mainstream_evaluate.play import play
from mainstream_evaluate.runs import read_alerts, read_run
from mainstream_evaluate.truth import truth_of


@dataclass(frozen=True)
class Judged:
    """An evaluation, and the events that it was held against, by app."""

    evaluation: Evaluation
    events: dict[str, list[Span]]


@dataclass(frozen=True)
class _Alerts:
    """Of one app: either decisions, which the merge gap makes alerts of, or alerts as they were."""

    times_s: FloatArray
    """of decisions (n,); of alerts (n, 2), first and last decision of each"""
    merge_gap_s: float | None
    """that made alerts of them, where it is known"""
    are_decisions: bool


def judge_run(folder: Path, clip: LabelledClip, names: AppNames, merge_gap_s: float | None) -> Judged:
    """What `mainstream run` left; only what it played is judged."""
    run = read_run(folder)
    alerts = {
        app: _of_decisions(frames, clip, merge_gap_s or run.merge_gaps_s.get(app))
        for app, frames in run.decisions.items()
        if not names.given or app in names.given
    }
    return _judge(f"run {folder}", alerts, clip.within(run.frames), names)


def judge_alerts(files: Sequence[Path], clip: LabelledClip, names: AppNames, merge_gap_s: float | None) -> Judged:
    """Messages of alerts; an app that is named and has none has never alerted."""
    found = read_alerts(list(files))
    apps = names.given or dict.fromkeys(found, "")
    alerts = {app: _Alerts(found.get(app, as_spans([])), merge_gap_s, are_decisions=False) for app in apps}
    return _judge(f"alerts of {', '.join(map(str, files))}", alerts, clip, names)


@dataclass(frozen=True)
class PackageSource:
    """Packages to be played."""

    references: tuple[str, ...]
    store: str
    """of references that name none"""
    options: StoreOptions


def judge_packages(
    packages: PackageSource,
    clip: LabelledClip,
    names: AppNames,
    given: Given,
    on_share: Callable[[float], None] = lambda share: None,
) -> Judged:
    """Packages, played over the judged part."""
    with TemporaryDirectory(prefix="mainstream-evaluate-") as folder:
        store = FolderStore(Path(folder))
        manifests = []
        for text in packages.references:
            where, reference = split_reference(text, packages.store)
            source = open_store(where, packages.options)
            manifests.append(open_package(source, reference))
            copy_published(manifests[-1], source, store)
        if len({each.name for each in manifests}) < len(manifests):
            raise InvalidInputError("name each package once; compare versions by two evaluations", field="--package")
        manifests = _named(manifests, names)
        for each in manifests:
            names.label(each.name, clip.labels, clip.source)
        plan = plan_of(manifests, clip.clip, given)
        decisions = play(plan, Path(folder), clip.clip, clip.part, on_share)
    alerts = {app.name: _of_decisions(decisions[app.name], clip, app.merge_gap_s) for app in plan.apps}
    played = "; ".join(
        f"{app.name} with {app.candidate}, {app.fps:g} fps, threshold {app.threshold:.3g}, votes {app.votes}"
        for app in plan.apps
    )
    return _judge(f"played: {played}", alerts, clip, names)


def _named(manifests: Sequence[Manifest], names: AppNames) -> list[Manifest]:
    """Those that --app names, or all; a name that is no package's would be judged by nothing."""
    known = [each.name for each in manifests]
    if unknown := next((app for app in names.given if app not in known), None):
        raise InvalidInputError(f"no package is named {unknown!r}; name one of {', '.join(known)}", field="--app")
    return [each for each in manifests if not names.given or each.name in names.given]


def _of_decisions(frames: Sequence[int], clip: LabelledClip, merge_gap_s: float | None) -> _Alerts:
    """The middle of a frame's time stands for it, so that rounding never moves it over an event's edge."""
    if frames and frames[-1] >= clip.clip.frames:
        raise InvalidInputError(
            f"has {clip.clip.frames} frames, but frame {frames[-1]} was analysed; name the clip that was played",
            field="clip",
            source=clip.clip.path,
        )
    times_s = clip.clip.times.middles_s[np.asarray(frames, dtype=np.int64)]
    return _Alerts(times_s, merge_gap_s, are_decisions=True)


def _judge(judged: str, alerts: dict[str, _Alerts], clip: LabelledClip, names: AppNames) -> Judged:
    if not alerts:
        raise InvalidInputError("there is no alert of any app; name apps that never alerted: --app APP=LABEL")
    apps: list[AppEvaluation] = []
    events: dict[str, list[Span]] = {}
    for app, of_app in sorted(alerts.items()):
        label = names.label(app, clip.labels, clip.source)
        truth = truth_of(clip.labels, label, clip.clip.times, clip.part, of_app.merge_gap_s)
        score = truth.score_decisions(of_app.times_s) if of_app.are_decisions else truth.score(of_app.times_s)
        apps.append(evaluate_app(app, label, truth.merge_gap_s, truth.span, score))
        events[app] = truth.events
    evaluation = Evaluation(
        judged=judged,
        clip=str(clip.clip.path),
        labels=str(clip.source),
        mean_f1=sum(each.f1 for each in apps) / len(apps),
        apps=tuple(apps),
    )
    return Judged(evaluation, events)
