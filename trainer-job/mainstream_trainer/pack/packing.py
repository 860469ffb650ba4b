"""From trained candidates to a package: blobs, share keys, and the manifest that ties them together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

import torch
from torch import nn

from mainstream.head_form import HeadForm
from mainstream.mpackage.curve import ReplayedCurve
from mainstream.mpackage.manifest import (
    BaseReference,
    Blob,
    Manifest,
    PackedCandidate,
    PrivateSegment,
    PrunedCandidate,
    Training,
)
from mainstream.mpackage.publish import blob_of
from mainstream.nn.network import Network
from mainstream.nn.prefix_hash import first_prefix_hash, next_prefix_hash
from mainstream.nn.tensors import pack_tensors
from mainstream.weights import pack_base_network
from mainstream_trainer.data.preparation import Job
from mainstream_trainer.learn.candidate import TrainedCandidate
from mainstream_trainer.measure.evaluation import Evaluator, Measured, dominating
from mainstream_trainer.measure.operating_points import balanced_accuracy
from mainstream_trainer.request import TrainingRequest

EVENT_CLASS = "event"
CLASSES = ("other", EVENT_CLASS)
_VERSIONS = ("mainstream", "torch", "numpy", "av", "pillow")


@dataclass
class Package:
    """A manifest and the bytes of its blobs, by sha256."""

    manifest: Manifest
    blobs: dict[str, bytes] = field(repr=False)


def pack(
    request: TrainingRequest,
    network: Network,
    candidates: Sequence[TrainedCandidate],
    evaluator: Evaluator,
    training: Training,
) -> Package:
    """Put the candidates of one app together. Raises `RuntimeError` where a frozen layer is not what it was."""
    check_frozen(network)
    # What every image carries need not travel with each package.
    base_segments, blobs = ((), {}) if request.weights is None else pack_base_network(network)
    measured = {each.branch_point: evaluator.measure(each, request.seed) for each in candidates}
    better = {k: _dominated_by(k, measured, request.common_stem) for k in measured}
    extremes = {min(better), max(better)}
    pruned = [k for k, other in better.items() if request.settings.prune and other is not None and k not in extremes]
    manifest = Manifest(
        name=request.app,
        version=request.version,
        classes=CLASSES,
        event_class=EVENT_CLASS,
        base=BaseReference(
            name=network.name,
            digest=network.digest,
            preprocessing=dict(network.preprocessing.as_dict()),
            segments=base_segments,
        ),
        prefix_hashes=network.prefix_hashes,
        event_statistics=evaluator.event_statistics(list(candidates)),
        candidates=tuple(
            _candidate(network, each, request.settings.head, measured[each.branch_point], better, blobs, evaluator)
            for each in sorted(candidates, key=lambda each: each.branch_point)
            if each.branch_point not in pruned
        ),
        pruned=tuple(_pruned(k, better, measured) for k in sorted(pruned)),
        training=training,
    )
    return Package(manifest, blobs)


def tuned_name(branch_point: int) -> str:
    """Of the fine-tuned candidate at a branch-point."""
    return f"tuned-{branch_point}"


def _dominated_by(branch_point: int, measured: dict[int, Measured], common_stem: int | None) -> int | None:
    """Who freezes more shares more, so such a candidate is never dearer on a node; the most frozen one is named.

    A common stem is shared to its end, so only everything frozen is never dearer than that.
    """
    above = max(measured) - 1 if branch_point == common_stem else branch_point
    no_dearer = {k: measured[k].operating_points for k in sorted(measured, reverse=True) if k > above}
    return dominating(measured[branch_point].operating_points, no_dearer)


def _pruned(branch_point: int, better: dict[int, int | None], measured: dict[int, Measured]) -> PrunedCandidate:
    other = better[branch_point]
    if other is None:
        raise ValueError(f"candidate {branch_point} is not dominated")
    own, theirs = (_middle(measured[k]) for k in (branch_point, other))
    reason = (
        f"for each of its operating points branch-point {other}, which freezes more, has one with at least its p and "
        f"at most its e; balanced accuracy {own:.3f} against {theirs:.3f}"
    )
    return PrunedCandidate(
        name=tuned_name(branch_point),
        kind="fine-tuned",
        branch_point=branch_point,
        dominated_by=tuned_name(other),
        reason=reason,
    )


def _middle(measured: Measured) -> float:
    points = measured.operating_points
    return balanced_accuracy(points[len(points) // 2])


def training_of(job: Job) -> Training:
    """What determines the weights."""
    request, stem = job.request, job.common_stem
    cuda = {"cuda": str(torch.version.cuda)} if request.device == "cuda" else {}
    common = {} if stem is None else {"common_stem": {"branch_point": stem.branch_point, "apps": dict(stem.apps)}}
    return Training(
        data_digest=job.data_digest,
        seed=request.seed,
        settings={
            **request.settings.model_dump(mode="json"),
            "branch_points": sorted(set(request.branch_points)),
            "crop": None if request.crop is None else request.crop.model_dump(mode="json"),
            **({"masks": [mask.model_dump(mode="json") for mask in request.masks]} if request.masks else {}),
            **common,
        },
        versions={name: version(name) for name in _VERSIONS} | cuda,
        view=job.view,
    )


def check_frozen(network: Network) -> None:
    """Frozen means frozen: hash the public base again and compare (docs/design.md, "Share keys")."""
    key = first_prefix_hash(network.preprocessing)
    for branch_point, segment in enumerate(network.segments, start=1):
        key = next_prefix_hash(key, segment)
        if key != network.prefix_hashes[branch_point]:
            raise RuntimeError(f"{network.name}: a frozen layer before branch-point {branch_point} was changed")


def _candidate(
    network: Network,
    trained: TrainedCandidate,
    head_kind: str,
    measured: Measured,
    better: dict[int, int | None],
    blobs: dict[str, bytes],
    evaluator: Evaluator,
) -> PackedCandidate:
    curve, other = ReplayedCurve.of(measured.replayed), better[trained.branch_point]
    channels, height, width = network.branch_points[-1].shape
    return PackedCandidate(
        name=tuned_name(trained.branch_point),
        kind="fine-tuned",
        branch_point=trained.branch_point,
        segments=_private_segments(network, trained, blobs),
        head_form=HeadForm(kind=head_kind, map=(channels, height, width)),
        head=_blob(trained.head, trained.half, blobs),
        evaluation=evaluator.evaluation,
        operating_points=measured.operating_points,
        curve=_blob_of(curve.pack(), blobs) if curve else None,
        replayed=curve,
        balanced_accuracy=_middle(measured),
        dominated_by=None if other is None else tuned_name(other),
    )


def _private_segments(
    network: Network, trained: TrainedCandidate, blobs: dict[str, bytes]
) -> tuple[PrivateSegment, ...]:
    key = network.prefix_hashes[trained.branch_point]
    segments = []
    for start, segment in enumerate(trained.segments, start=trained.branch_point):
        key = next_prefix_hash(key, segment)
        segments.append(PrivateSegment(branch_point=start, prefix_hash=key, blob=_blob(segment, trained.half, blobs)))
    return tuple(segments)


def _blob(module: nn.Module, half: bool, blobs: dict[str, bytes]) -> Blob:
    """The module's state dict as a safetensors blob."""
    return _blob_of(pack_tensors(module, half=half), blobs)


def _blob_of(data: bytes, blobs: dict[str, bytes]) -> Blob:
    blob = blob_of(data)
    blobs[blob.sha256] = data
    return blob
