"""What packages' candidates say of pictures that the trainer never saw, computed as the engine would.

Candidates of one base network: what they share of it runs once a picture.
"""

from __future__ import annotations

from collections.abc import Sequence

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

_TOGETHER = 32


def candidate_scores(
    manifests: Sequence[Manifest], store: Store, network: Network, views: NDArray[np.uint8]
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Scores of `views` (n, height, width, 3) by every candidate, by names of package and candidate."""
    models = [
        (each.name, one.name, one.branch_point, _model(store, network, one))
        for each in manifests
        for one in each.candidates
    ]
    found: dict[str, dict[str, list[NDArray[np.float64]]]] = {each.name: {} for each in manifests}
    with torch.inference_mode():
        for at in range(0, len(views), _TOGETHER):
            frames = network.preprocessing(torch.from_numpy(views[at : at + _TOGETHER]))
            features = frames.contiguous(memory_format=torch.channels_last)
            for k in range(network.depth + 1):
                features = features if k == 0 else network.segments[k - 1](features)
                for app, name, branch_point, model in models:
                    if branch_point == k:
                        scores = torch.sigmoid(model(features).double()).numpy()
                        found[app].setdefault(name, []).append(scores)
    return {app: {name: np.concatenate(parts) for name, parts in each.items()} for app, each in found.items()}


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
