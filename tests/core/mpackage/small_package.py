"""A small package, whole and valid, for whoever wants to publish, copy or damage one."""

import numpy as np
from safetensors.numpy import save

from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.publish import blob_of

PREFIX_HASHES = tuple(letter * 64 for letter in "abc")


def make_package(name="crossing", version="1", seed=0, bias=0.5):
    """A small package of two candidates over a base of two segments, and its blobs by sha256."""
    blobs = {}

    def blob(**tensors):
        data = save({key: np.asarray(value, np.float32) for key, value in tensors.items()})
        blobs[blob_of(data).sha256] = data
        return blob_of(data).model_dump()

    point = {"threshold": 0.5, "p": 0.8, "e": 0.1, "p_interval": (0.7, 0.9), "e_interval": (0.0, 0.2)}
    segments = [
        {"branch_point": k, "prefix_hash": str(k) * 64, "blob": blob(weight=np.full((4, 3), k))} for k in range(2)
    ]
    evaluation = {"frames_event": 40, "frames_other": 60, "block_frames": 20, "events": 3, "quiet_s": 4}
    common = {
        "kind": "fine-tuned",
        "head_form": {"kind": "pool-linear", "map": [2, 5, 5]},
        "evaluation": evaluation,
        "operating_points": [point],
        "balanced_accuracy": 0.85,
    }
    heads = [blob(weight=[weight], bias=[bias]) for weight in ([1, 2], [3, 4])]
    statistic = {"source": "measured"}
    manifest = Manifest.model_validate(
        {
            "name": name,
            "version": version,
            "classes": ["other", "event"],
            "event_class": "event",
            "base": {"name": "tiny", "digest": "c" * 64, "preprocessing": {}},
            "prefix_hashes": PREFIX_HASHES,
            "event_statistics": {
                "length_s": {"value": 1.8, **statistic},
                "frequency": {"value": 0.4, **statistic},
                "correlation": {"value": 0.2, **statistic},
            },
            "candidates": [
                {"name": "tuned-0", "branch_point": 0, "segments": segments, "head": heads[0], **common},
                {"name": "tuned-2", "branch_point": 2, "head": heads[1], **common},
            ],
            "training": {"data_digest": "d" * 64, "seed": seed, "settings": {}, "versions": {}},
        }
    )
    return manifest, blobs
