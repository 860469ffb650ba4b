"""The Kubernetes Job that records: the trainer's image, footage on a volume, the camera's login from a Secret."""

from typing import Any

import yaml

from mainstream_trainer.cli.job_pod import KEPT_S, job_container, job_pod

USER_VARIABLE = "MAINSTREAM_CAMERA_USER"
PASSWORD_VARIABLE = "MAINSTREAM_CAMERA_PASSWORD"  # noqa: S105 - the name of a variable
_FOLDER = "/footage"


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
    words = {
        "command": ["python3", "-m", "mainstream.cli.main", "record"],
        "args": [*arguments, f"--out={_FOLDER}"],
    }
    resources = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}
    mounts = {"footage": _FOLDER, "tmp": "/tmp"}  # noqa: S108 - of the pod
    container = job_container("record", image, words, resources, mounts)
    if secret is not None:
        container["env"] = [
            {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
            for variable, key in ((USER_VARIABLE, "username"), (PASSWORD_VARIABLE, "password"))
        ]
    labels = {"app.kubernetes.io/name": "mainstream-recorder", "app.kubernetes.io/part-of": "mainstream"}
    spec: dict[str, Any] = {"backoffLimit": 6, "ttlSecondsAfterFinished": KEPT_S}
    if limit_s is not None:
        spec["activeDeadlineSeconds"] = int(limit_s) + 600
    volumes = {"footage": {"persistentVolumeClaim": {"claimName": claim}}, "tmp": {"emptyDir": {"sizeLimit": "64Mi"}}}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            **spec,
            "template": {"metadata": {"labels": dict(labels)}, "spec": job_pod(container, "OnFailure", volumes)},
        },
    }
    return yaml.safe_dump(job, sort_keys=False)
