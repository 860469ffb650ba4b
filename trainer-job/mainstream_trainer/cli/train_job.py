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
from mainstream_trainer.cli.asked import Asked
from mainstream_trainer.cli.job_pod import KEPT_S, job_container, job_pod
from mainstream_trainer.data.fetching import is_remote

_TMP = "/tmp"  # noqa: S108 - of the pod
_TMP_SIZE = "8Gi"
_URLS = ("http://", "https://")


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


def render_job(request: JobRequest, asked: Asked) -> str:
    """YAML of the Job that runs `mainstream train` as it was asked for."""
    check_remote(asked)
    return yaml.safe_dump(job_manifest(request, asked.arguments), sort_keys=False, width=120)


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


def check_remote(asked: Asked) -> None:
    """A pod does not see this machine's files."""
    for option, file in (("--events", asked.events), ("--ca-bundle", asked.s3.ca_bundle)):
        if file is not None:
            raise InvalidInputError("is a file of this machine, which a pod does not see", field=option)
    for clip in asked.clips:
        if not all(is_remote(part) for part in clip.rpartition("=")[::2]):
            raise InvalidInputError("must be in S3, clip and labels: s3://...=s3://...", field="--clip")
    named = [*(("--quiet", each) for each in asked.quiet), ("DATA", asked.data), ("LABELS", asked.labels)]
    for field, address in named:
        if address is not None and not is_remote(address):
            raise InvalidInputError("must be in S3 (s3://...): a pod does not see this machine's files", field=field)
    if not is_remote(asked.store):
        raise InvalidInputError("must be s3://bucket/prefix: a pod does not see this machine's files", field="--store")
    if asked.work is not None and not is_remote(asked.work):
        raise InvalidInputError("must be s3://bucket/prefix: a pod does not see this machine's files", field="--work")
    weights = asked.base_weights
    if weights is not None and not (is_remote(weights) or weights.startswith(_URLS)):
        raise InvalidInputError(
            "must be a URL or a published base network in S3 (s3://.../name@version): a pod does not see this "
            "machine's files",
            field="--base-weights",
        )
