"""What packages' candidates say of pictures that the trainer never saw, computed as the engine would.

Candidates of one base network: what they share of it runs once a picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mainstream.mpackage.manifest import Manifest, PackedCandidate
from mainstream.mpackage.stores.store import Store
from mainstream.nn.heads.kinds import head_of
from mainstream.nn.network import Network
from mainstream.nn.tensors import fill
from mainstream.weights import read_tensors

Scores = dict[str, dict[str, NDArray[np.float64]]]
"""by package's name and candidate's name, (pictures,)"""
Named = tuple[str, str]
"""an app's name, and a candidate's of it"""

_TOGETHER = 32


def candidate_scores(manifests: Sequence[Manifest], store: Store, network: Network, views: NDArray[np.uint8]) -> Scores:
    """Scores of `views` (n, height, width, 3) by every candidate of these packages."""
    models = {
        (each.name, one.name): (one.branch_point, _model(store, network, one))
        for each in manifests
        for one in each.candidates
    }
    scores: Scores = {each.name: {} for each in manifests}
    for (app, name), said in model_scores(models, network, views).items():
        scores[app][name] = said
    return scores


def model_scores(
    models: Mapping[Named, tuple[int, nn.Module]], network: Network, views: NDArray[np.uint8]
) -> dict[Named, NDArray[np.float64]]:
    """The same of models, each from the map at its branch-point to logits."""
    found: dict[Named, list[NDArray[np.float64]]] = {key: [] for key in models}
    with torch.inference_mode():
        for at in range(0, len(views), _TOGETHER):
            frames = network.preprocessing(torch.from_numpy(views[at : at + _TOGETHER]))
            features = frames.contiguous(memory_format=torch.channels_last)
            for k in range(network.depth + 1):
                features = features if k == 0 else network.segments[k - 1](features)
                for key, (branch_point, model) in models.items():
                    if branch_point == k:
                        found[key].append(torch.sigmoid(model(features).double()).numpy())
    return {key: np.concatenate(parts) for key, parts in found.items()}


def _model(store: Store, network: Network, candidate: PackedCandidate) -> nn.Module:
    """From the branch-point's map to logits."""
    head = head_of(candidate.head_form)
    fill(head, read_tensors(store, candidate.head), source=store)
    if not candidate.segments:
        return head
    segments = network.trainable_segments(candidate.branch_point)
    for segment, private in zip(segments, candidate.segments, strict=True):
        fill(segment, read_tensors(store, private.blob), source=store)
    model = nn.Sequential(*segments, head)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model
