"""Finished candidates on disk or in S3, so that a training that was killed goes on where it was.

A checkpoint is written whole or not at all (as everything in a `Store`), under a key that says what determined it; one
that does not fit its own digest is as good as none.
"""

import hashlib

import numpy as np
import torch
from pydantic import BaseModel
from safetensors.torch import load, save

from mainstream.head_form import HeadForm
from mainstream.mpackage.manifest import CandidateKind
from mainstream.mpackage.stores.store import MissingKeyError, Store
from mainstream.nn.heads.kinds import head_of
from mainstream.nn.network import Network
from mainstream_trainer.learn.candidate import TrainedCandidate
from mainstream_trainer.learn.model import Model

_DIGEST_BYTES = 32
_MAX_BYTES = 1 << 30


class Checkpoints:
    """Candidates of one training, by name."""

    def __init__(self, store: Store, inputs_digest: str, network: Network) -> None:
        self._store = store
        self._digest = inputs_digest
        self._network = network

    def save(self, trained: TrainedCandidate) -> None:
        """Write a finished candidate."""
        data = _packed(trained)
        self._store.put(self.key(trained.name), hashlib.sha256(data).digest() + data, replace=True)

    def load(self, name: str) -> TrainedCandidate | None:
        """The finished candidate; None where there is none that is whole."""
        try:
            data = self._store.read(self.key(name), _MAX_BYTES)
        except MissingKeyError:
            return None
        digest, content = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if hashlib.sha256(content).digest() != digest:
            return None
        return self._unpacked(name, content)

    def key(self, name: str) -> str:
        """Where a candidate lies."""
        return f"{self._digest}/{name}.safetensors"

    def _unpacked(self, name: str, data: bytes) -> TrainedCandidate:
        tensors = load(data)
        known = _Known.model_validate_json(tensors.pop("known").numpy().tobytes())
        scores = tensors.pop("scores").numpy().astype(np.float64)
        segments = self._network.trainable_segments(known.branch_point) if known.kind == "fine-tuned" else []
        model = Model(known.branch_point, segments, head_of(known.form))
        model.load_state_dict(tensors)
        model.requires_grad_(False)
        return TrainedCandidate(
            name,
            known.kind,
            known.branch_point,
            tuple(model.segments),
            model.head,
            known.form,
            scores,
            half=known.half,
            epochs=known.epochs,
        )


class _Known(BaseModel):
    """What is no tensor of a candidate."""

    kind: CandidateKind
    branch_point: int
    form: HeadForm
    half: bool
    epochs: float


def _packed(trained: TrainedCandidate) -> bytes:
    model = Model(trained.branch_point, trained.segments, trained.head)
    known = _Known(
        kind=trained.kind,
        branch_point=trained.branch_point,
        form=trained.form,
        half=trained.half,
        epochs=trained.epochs,
    )
    tensors = {
        name: tensor.detach().to("cpu", memory_format=torch.contiguous_format, copy=True)
        for name, tensor in model.state_dict().items()
    }
    tensors["known"] = torch.from_numpy(np.frombuffer(known.model_dump_json().encode(), dtype=np.uint8).copy())
    tensors["scores"] = torch.from_numpy(trained.scores.copy())
    return save(tensors)
