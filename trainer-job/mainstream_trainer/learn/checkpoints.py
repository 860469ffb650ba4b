"""Finished candidates on disk or in S3, so that a training that was killed goes on where it was.

A checkpoint is written whole or not at all (as everything in a `Store`), under a key that says what determined it; one
that does not fit its own digest is as good as none.
"""

import hashlib
import json

import numpy as np
import torch
from safetensors.torch import load, save

from mainstream.mpackage.stores.store import MissingKeyError, Store
from mainstream.nn.network import Network
from mainstream_trainer.learn.candidate import TrainedCandidate
from mainstream_trainer.learn.model import Model

_DIGEST_BYTES = 32
_MAX_BYTES = 1 << 30


class Checkpoints:
    """Candidates of one training, by branch-point."""

    def __init__(self, store: Store, inputs_digest: str, network: Network, head_kind: str) -> None:
        self._store = store
        self._digest = inputs_digest
        self._network = network
        self._head_kind = head_kind

    def save(self, trained: TrainedCandidate, name: str = "") -> None:
        """Write a finished candidate."""
        data = _packed(trained)
        self._store.put(self.key(trained.branch_point, name), hashlib.sha256(data).digest() + data, replace=True)

    def load(self, branch_point: int, name: str = "") -> TrainedCandidate | None:
        """The finished candidate; None where there is none that is whole."""
        try:
            data = self._store.read(self.key(branch_point, name), _MAX_BYTES)
        except MissingKeyError:
            return None
        digest, content = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if hashlib.sha256(content).digest() != digest:
            return None
        return self._unpacked(branch_point, content)

    def key(self, branch_point: int, name: str = "") -> str:
        """Where a candidate lies."""
        return f"{self._digest}/{name or 'candidate'}-{branch_point}.safetensors"

    def _unpacked(self, branch_point: int, data: bytes) -> TrainedCandidate:
        tensors = load(data)
        known = json.loads(tensors.pop("known").numpy().tobytes())
        scores = tensors.pop("scores").numpy().astype(np.float64)
        model = Model.starting_from(self._network, branch_point, self._head_kind, 0)
        model.load_state_dict(tensors)
        model.requires_grad_(False)
        return TrainedCandidate(branch_point, tuple(model.segments), model.head, scores, **known)


def _packed(trained: TrainedCandidate) -> bytes:
    model = Model(trained.branch_point, trained.segments, trained.head)
    known = {"half": trained.half, "epochs": trained.epochs, "best_epoch": trained.best_epoch}
    tensors = {
        name: tensor.detach().to("cpu", memory_format=torch.contiguous_format, copy=True)
        for name, tensor in model.state_dict().items()
    }
    tensors["known"] = torch.from_numpy(np.frombuffer(json.dumps(known).encode(), dtype=np.uint8).copy())
    tensors["scores"] = torch.from_numpy(trained.scores.copy())
    return save(tensors)
