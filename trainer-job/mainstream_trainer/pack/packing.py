"""From trained candidates to a package: blobs, share keys, and the manifest that ties them together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

import torch
from torch import nn

from mainstream.mpackage.curve import ReplayedCurve
from mainstream.mpackage.manifest import (
    BaseReference,
    Blob,
    Manifest,
    MeasuredEventStatistics,
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
from mainstream_trainer.learn.candidate import TrainedCandidate, tuned_name
from mainstream_trainer.measure.evaluation import Measured
from mainstream_trainer.measure.operating_points import balanced_accuracy
from mainstream_trainer.pack.worth import find_better
from mainstream_trainer.request import TrainingRequest

EVENT_CLASS = "event"
CLASSES = ("other", EVENT_CLASS)
_DIGITS = 6
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
    measured: Mapping[str, Measured],
    statistics: MeasuredEventStatistics,
    training: Training,
) -> Package:
    """Put the candidates of one app together. Raises `RuntimeError` where a frozen layer is not what it was."""
    check_frozen(network)
    # What every image carries need not travel with each package.
    base_segments, blobs = ((), {}) if request.weights is None else pack_base_network(network)
    ordered = sorted(candidates, key=lambda each: (each.branch_point, each.name))
    extremes = {tuned_name(0), tuned_name(network.depth)}
    better = find_better(ordered, measured, request.common_stem, extremes)
    pruned = set(better) - extremes if request.settings.prune else set()
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
            cost_shares=tuple(round(cut.cost_share, _DIGITS) for cut in network.branch_points),
        ),
        prefix_hashes=network.prefix_hashes,
        event_statistics=statistics,
        candidates=tuple(
            _candidate(network, each, measured[each.name], better.get(each.name), blobs)
            for each in ordered
            if each.name not in pruned
        ),
        pruned=tuple(_pruned(each, better[each.name], measured) for each in ordered if each.name in pruned),
        training=training,
        quick=request.quick,
    )
    return Package(manifest, blobs)


def _pruned(candidate: TrainedCandidate, other: str, measured: Mapping[str, Measured]) -> PrunedCandidate:
    own, theirs = (_middle(measured[name]) for name in (candidate.name, other))
    reason = (
        f"for each of its operating points {other}, which is never dearer, has one with at least its p and at most its "
        f"e; balanced accuracy {own:.3f} against {theirs:.3f}"
    )
    return PrunedCandidate(
        name=candidate.name,
        kind=candidate.kind,
        branch_point=candidate.branch_point,
        dominated_by=other,
        reason=reason,
    )


def _middle(measured: Measured) -> float:
    points = measured.every_point
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
            "branch_points": list(job.branch_points),
            "quick": request.quick,
            "cross_fitted_over": job.folds.count,
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
    measured: Measured,
    better: str | None,
    blobs: dict[str, bytes],
) -> PackedCandidate:
    curve = ReplayedCurve.of(measured.replayed)
    return PackedCandidate(
        name=trained.name,
        kind=trained.kind,
        branch_point=trained.branch_point,
        segments=_private_segments(network, trained, blobs),
        head_form=trained.form,
        head=_blob(trained.head, trained.half, blobs),
        evaluation=measured.evaluation,
        operating_points=measured.operating_points,
        curve=_blob_of(curve.pack(), blobs) if curve else None,
        replayed=curve,
        balanced_accuracy=_middle(measured),
        dominated_by=better,
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
