"""How good micro-heads are: against the whole network, fine-tuned, and against the published head on the last map.

Packages are the trainer's own, by default settings, judged on pictures that it never opened: photos that the pool keeps
for the test, and the test half of the plaza clip. Which micro-head of an app is its best is told by what the package
says, that is by cross-fitting on what was learnt from. Fine-tunes of whole networks take hours: packages are those of
the evidence (photos/packages.py), or for the last map alone some without, and what came of each is kept in
out/bench/trainer_heads, so that a run that is cut short goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from common.candidate_scores import candidate_scores
from common.harness import FOLDER, QUICK, Report
from common.plaza import CLIP, LABELS, SPOTS, WALKWAYS
from common.results import kept_all
from mainstream.errors import InvalidInputError
from mainstream.footage.labels import event_mask, read_labels
from mainstream.mpackage.manifest import Manifest, PackedCandidate
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.heads.kinds import head_of
from mainstream.nn.registry import load_base_network
from mainstream_trainer.data.clip import ClipPart, inspect_clip
from mainstream_trainer.request import DEFAULT_BASE, TrainingRequest, VideoData
from photos.packages import BASE, STORE, pool_requests, trained
from photos.pools import load_pool

KEPT = FOLDER / "trainer_heads"
SEEDS = (0, 1, 2)
SPOTS_JUDGED = 4
"""of the sixteen: those with the most events to learn from"""
_MOST_STEM, _MOST_HEAD = 0.87, 0.01
Truth = tuple[NDArray[np.uint8], dict[str, NDArray[np.bool_]]]
"""pictures of the test (n, height, width, 3), and by app on which of them its event is, (n,)"""


@dataclass(frozen=True)
class Judged:
    """One kind of candidate of one app, on the test."""

    accuracy: float
    """balanced accuracy at score 1/2"""
    precision: float
    """average precision"""
    name: str
    share: float
    """of the base network's operations before its tap"""


@dataclass(frozen=True)
class Compared:
    """One app of one seed."""

    app: str
    seed: int
    micro: Judged
    whole: Judged | None
    """None where no whole network was trained"""
    pooled: Judged
    head_share: float
    """operations of the micro-head, of those of the network"""


@dataclass(frozen=True)
class Stand:
    """Apps that are judged on the same pictures."""

    name: str
    requests: Callable[[int], list[TrainingRequest]]
    """of a seed"""
    truth: Callable[[], Truth]
    more_than_pooled: float
    """the target of micro-heads over the pooled last map, balanced accuracy"""
    less: float
    """how far behind a whole fine-tune they may be"""


def micro_heads_judged(report: Report, *, whole: bool) -> None:
    """Rows of every stand whose pictures are there, one seed after the other: cut short, a run has some of each stand;
    against whole networks too, or against the last map alone."""
    if QUICK and whole:
        report.left_out("best micro-head against whole fine-tune", "see a whole run", "trainings take hours")
        return
    stands = list(_stands(report))
    found: dict[str, list[Compared]] = {stand.name: [] for stand in stands}
    for seed in SEEDS[:1] if QUICK else SEEDS:
        for stand in stands:
            path = KEPT / f"{stand.name}-{seed}{'' if whole else '-last-map'}.json"
            found[stand.name] += kept_all(path, Compared, partial(_compared, stand, seed, whole=whole))
    for stand in stands:
        rows(report, stand, found[stand.name])


def _compared(stand: Stand, seed: int, *, whole: bool) -> Iterator[Compared]:
    """All apps of one seed."""
    requests = stand.requests(seed)
    network = load_base_network(requests[0].base)
    if not whole:
        frozen = (network.depth,)
        requests = [replace(each, branch_points=frozen, version=f"frozen-{seed}") for each in requests]
    manifests = list(trained(requests).values())
    views, present = stand.truth()
    scores = candidate_scores(manifests, FolderStore(STORE), network, views)

    def judged(manifest: Manifest, candidate: PackedCandidate) -> Judged:
        said, shown = scores[manifest.name][candidate.name], present[manifest.name]
        share = network.branch_points[candidate.branch_point].cost_share
        return Judged(balanced_accuracy(said, shown), average_precision(said, shown), candidate.name, share)

    size = network.preprocessing
    all_operations = operations(network.stem(network.depth), (3, size.height, size.width))
    for manifest in manifests:
        micro = max(
            (each for each in manifest.candidates if each.kind == "micro"), key=lambda each: each.balanced_accuracy
        )
        yield Compared(
            manifest.name,
            seed,
            judged(manifest, micro),
            judged(manifest, manifest.candidate("tuned-0")) if whole else None,
            judged(manifest, manifest.candidate(f"tuned-{network.depth}")),
            operations(head_of(micro.head_form), micro.head_form.map) / all_operations,
        )


def rows(report: Report, stand: Stand, found: Sequence[Compared]) -> None:
    """One for each target."""
    apps, seeds = len({each.app for each in found}), len({each.seed for each in found})
    what = f"{stand.name}, {apps} apps, {seeds} seeds"
    report.details[stand.name] = [asdict(each) for each in found]
    against = [("pooled", "pooled last map", stand.more_than_pooled)]
    if all(each.whole for each in found):
        against.append(("whole", "whole fine-tune", stand.less))
    for measure, title in (("accuracy", "balanced accuracy"), ("precision", "average precision")):
        ours = np.array([getattr(each.micro, measure) for each in found])
        for kind, words, least in against:
            theirs = np.array([getattr(getattr(each, kind), measure) for each in found])
            error = error_over_apps([each.app for each in found], ours - theirs)
            report.row(
                f"{what}: {title} of the best micro-head less that of the {words}",
                f"{np.mean(ours - theirs):+.3f} (standard error {error:.3f}; {ours.mean():.3f} against "
                f"{theirs.mean():.3f})",
                f"at least {least:+.2f}",
                bool(np.mean(ours - theirs) >= least),
            )
    stem, head = max(each.micro.share for each in found), max(each.head_share for each in found)
    report.row(
        f"{what}: operations of the stem under the best micro-head, and of that head",
        f"at most {stem:.1%} and {head:.2%} of the network's",
        "at most 87 % and 1 %",
        stem <= _MOST_STEM and head <= _MOST_HEAD,
    )


def operations(module: nn.Module, shape: Sequence[int]) -> int:
    """Of convolutions and matrix products, for one picture or map of that shape."""
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, *shape))
    return int(counter.get_total_flops())


def balanced_accuracy(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    """At score 1/2."""
    hits = scores >= 0.5
    return float((hits[present].mean() + 1 - hits[~present].mean()) / 2)


def average_precision(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    """Mean of the precision at each picture of the event, the highest score first."""
    order = np.argsort(-scores, kind="stable")
    shown = present[order]
    precision = np.cumsum(shown) / np.arange(1, len(shown) + 1)
    return float(precision[shown].mean())


def error_over_apps(named: Sequence[str], values: NDArray[np.float64]) -> float:
    """Standard error of the mean over apps, each the mean of its seeds."""
    apps = np.array(named)
    means = [values[apps == app].mean() for app in np.unique(apps)]
    return float(np.std(means, ddof=1) / np.sqrt(len(means)))


def _photos(name: str, more_than_pooled: float) -> Stand:
    pool = load_pool(name)

    def truth() -> Truth:
        size = load_base_network(BASE).preprocessing
        shown = {f"{name}-{each.lower()}": pool.test.labels == label for label, each in enumerate(pool.classes)}
        return pool.test.views(size.height, size.width), shown

    return Stand(name, lambda seed: pool_requests(pool, seed=seed), truth, more_than_pooled, -0.01)


def _plaza() -> Stand:
    """The six apps and four of the spots, all of one view."""
    six, spots = read_labels(LABELS), read_labels(SPOTS)

    def learnt_from(app: str) -> int:
        return sum(end <= spots.split.train[1] for _, end in spots.apps[app].runs)

    chosen = sorted(spots.apps, key=lambda app: (-learnt_from(app), app))[:SPOTS_JUDGED]
    asked = [*((LABELS, six, app) for app in six.apps), *((SPOTS, spots, app) for app in chosen)]

    def requests(seed: int) -> list[TrainingRequest]:
        return [
            TrainingRequest(VideoData(CLIP, path), app, crop=WALKWAYS, seed=seed, version=f"seed-{seed}")
            for path, _, app in asked
        ]

    def truth() -> Truth:
        size = load_base_network(DEFAULT_BASE).preprocessing
        part = ClipPart(inspect_clip(CLIP), six.split.test)
        first, end = six.split.test
        shown = {app: event_mask(labels.apps[app].runs, labels.frames)[first:end] for _, labels, app in asked}
        return part.read(WALKWAYS, size.height, size.width, lambda _: None), shown

    return Stand("plaza", requests, truth, 0.08, -0.03)


def _stands(report: Report) -> Iterator[Stand]:
    """Those whose pictures are there."""
    for make in (partial(_photos, "signs", 0.03), _plaza, partial(_photos, "fashion", 0.02)):
        try:
            yield make()
        except InvalidInputError as error:
            report.left_out("best micro-heads", "see above", str(error))
