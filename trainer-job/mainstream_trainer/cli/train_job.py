"""`mainstream train --job`: the same training as a Kubernetes Job, printed as YAML.

One pod, or an Indexed Job: a pod for each group of candidates, and a last one that packs. Secrets are named, never
written down; pods keep to the `restricted` security level.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from mainstream.errors import InvalidInputError
from mainstream_trainer.cli.job_pod import KEPT_S, job_container, job_pod

_TMP = "/tmp"  # noqa: S108 - of the pod
_TMP_SIZE = "8Gi"


@dataclass(frozen=True)
class JobRequest:
    """What the Job is called and what it may use."""

    name: str
    namespace: str | None
    image: str
    secret: str | None
    """with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; None: the pods' own identity, or a public bucket"""
    groups: int | None
    """None: one pod; else an Indexed Job of so many pods and one that packs"""


def render_job(request: JobRequest, arguments: Sequence[str]) -> str:
    """YAML of the Job that runs `mainstream train` with these arguments."""
    _check_remote(arguments)
    return yaml.safe_dump(job_manifest(request, arguments), sort_keys=False, width=120)


def job_manifest(request: JobRequest, arguments: Sequence[str]) -> dict[str, Any]:
    """The Job as plain data."""
    labels = {"app.kubernetes.io/name": "mainstream-trainer", "app.kubernetes.io/part-of": "mainstream"}
    indexed = request.groups is not None
    words = [*arguments, "--share=$(JOB_COMPLETION_INDEX)"] if indexed else list(arguments)
    pods = 1 if request.groups is None else request.groups + 1
    metadata: dict[str, Any] = {"name": request.name, "labels": dict(labels)}
    if request.namespace is not None:
        metadata["namespace"] = request.namespace
    resources = {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"cpu": "2", "memory": "4Gi"}}
    container = job_container("trainer", request.image, {"args": words}, resources, {"tmp": _TMP})
    if request.secret is not None:
        container["envFrom"] = [{"secretRef": {"name": request.secret}}]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {
            **({"completionMode": "Indexed", "completions": pods, "parallelism": pods} if indexed else {}),
            # What a pod has finished is kept, so trying again costs little.
            "backoffLimit": 2 * pods,
            "ttlSecondsAfterFinished": KEPT_S,
            "template": {
                "metadata": {"labels": labels},
                "spec": job_pod(container, "Never", {"tmp": {"emptyDir": {"sizeLimit": _TMP_SIZE}}}),
            },
        },
    }


def job_name(apps: Sequence[str]) -> str:
    """A name for the Job that Kubernetes takes."""
    cleaned = re.sub(r"[^a-z0-9-]+", "-", "-".join(["train", *apps]).lower())
    return cleaned[:52].strip("-")


def _check_remote(arguments: Sequence[str]) -> None:
    """A pod does not see this machine's files."""
    for word in arguments:
        if word.startswith(("--ca-bundle", "--events=")):
            raise InvalidInputError("is a file of this machine, which a pod does not see", field=word.split("=")[0])
    for word in (each.removeprefix("--clip=") for each in arguments if each.startswith("--clip=")):
        if not all(part.startswith("s3://") for part in word.rpartition("=")[::2]):
            raise InvalidInputError("must be in S3, clip and labels: s3://...=s3://...", field="--clip")
    if any(word.startswith("--quiet=") and not word.startswith("--quiet=s3://") for word in arguments):
        raise InvalidInputError("must be in S3 (s3://...): a pod does not see this machine's files", field="--quiet")
    for what, word in zip(("DATA", "LABELS"), (each for each in arguments if not each.startswith("--")), strict=False):
        if not word.startswith("s3://"):
            raise InvalidInputError("must be in S3 (s3://...): a pod does not see this machine's files", field=what)
    if not any(word.startswith("--store=s3://") for word in arguments):
        raise InvalidInputError("must be s3://bucket/prefix: a pod does not see this machine's files", field="--store")
