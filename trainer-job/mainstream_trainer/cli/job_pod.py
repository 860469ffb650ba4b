"""The pod of a Job that a command prints: the trainer's image, kept to the `restricted` security level."""

from collections.abc import Mapping
from typing import Any

DEFAULT_IMAGE = "localhost/mainstream-trainer:dev"
KEPT_S = 86_400
"""for which a finished Job stays"""
_USER_ID = 10001


def job_container(
    name: str,
    image: str,
    words: Mapping[str, list[str]],
    resources: Mapping[str, Mapping[str, str]],
    mounts: Mapping[str, str],
) -> dict[str, Any]:
    """A container; `words` are its command and args, `mounts` paths by volume."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        **words,
        "resources": resources,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": volume, "mountPath": path} for volume, path in mounts.items()],
    }


def job_pod(container: dict[str, Any], restart: str, volumes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A pod of one container, without a token; `volumes` by name, /tmp among them."""
    return {
        "restartPolicy": restart,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER_ID,
            "runAsGroup": _USER_ID,
            "fsGroup": _USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": name, **volume} for name, volume in volumes.items()],
    }
