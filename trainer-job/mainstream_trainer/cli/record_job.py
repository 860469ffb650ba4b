"""The Kubernetes Job that records: the trainer's image, footage on a volume, the camera's login from a Secret."""

from typing import Any

import yaml

USER_VARIABLE = "MAINSTREAM_CAMERA_USER"
PASSWORD_VARIABLE = "MAINSTREAM_CAMERA_PASSWORD"  # noqa: S105 - the name of a variable
_FOLDER = "/footage"
_USER_ID = 10001


def job_manifest(
    *,
    name: str,
    namespace: str,
    image: str,
    claim: str,
    secret: str | None,
    arguments: list[str],
    limit_s: float | None,
) -> str:
    """YAML for `kubectl apply`; `arguments` are those of `mainstream record`, without its folder."""
    container: dict[str, Any] = {
        "name": "record",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-m", "mainstream.cli.main", "record"],
        "args": [*arguments, f"--out={_FOLDER}"],
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "footage", "mountPath": _FOLDER}, {"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
    }
    if secret is not None:
        container["env"] = [
            {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
            for variable, key in ((USER_VARIABLE, "username"), (PASSWORD_VARIABLE, "password"))
        ]
    labels = {"app.kubernetes.io/name": "mainstream-recorder", "app.kubernetes.io/part-of": "mainstream"}
    spec: dict[str, Any] = {"backoffLimit": 6, "ttlSecondsAfterFinished": 86400}
    if limit_s is not None:
        spec["activeDeadlineSeconds"] = int(limit_s) + 600
    pod = {
        "restartPolicy": "OnFailure",
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
        "volumes": [
            {"name": "footage", "persistentVolumeClaim": {"claimName": claim}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
        ],
    }
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {**spec, "template": {"metadata": {"labels": dict(labels)}, "spec": pod}},
    }
    return yaml.safe_dump(job, sort_keys=False)
