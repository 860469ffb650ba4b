"""`mainstream train --job`: the same training as a Kubernetes Job, printed as YAML.

One pod, or an Indexed Job: a pod for each group of candidates, and a last one that packs. Secrets are named, never
written down; pods keep to the `restricted` security level.
"""

import re
from collections.abc import Sequence
from typing import Any

import yaml

from mainstream.errors import InvalidInputError
from mainstream_trainer.cli.fetching import is_remote
from mainstream_trainer.cli.job_options import JobOptions
from mainstream_trainer.cli.job_pod import KEPT_S, job_container, job_pod
from mainstream_trainer.cli.options import TrainOptions

_TMP = "/tmp"  # noqa: S108 - of the pod
_TMP_SIZE = "8Gi"
_URLS = ("http://", "https://")


def render_job(name: str, job: JobOptions, options: TrainOptions) -> str:
    """YAML of the Job that runs `mainstream train` as it was asked for."""
    check_remote(options)
    groups = options.groups if job.indexed else None
    return yaml.safe_dump(job_manifest(name, job, options.arguments, groups), sort_keys=False, width=120)


def job_manifest(name: str, job: JobOptions, arguments: Sequence[str], groups: int | None) -> dict[str, Any]:
    """The Job as plain data: one pod, or, with `groups`, an Indexed Job of so many pods and one that packs."""
    labels = {"app.kubernetes.io/name": "mainstream-trainer", "app.kubernetes.io/part-of": "mainstream"}
    indexed = groups is not None
    words = [*arguments, "--share=$(JOB_COMPLETION_INDEX)"] if indexed else list(arguments)
    pods = 1 if groups is None else groups + 1
    metadata: dict[str, Any] = {"name": name, "labels": dict(labels)}
    if job.namespace is not None:
        metadata["namespace"] = job.namespace
    resources = {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"cpu": "2", "memory": "4Gi"}}
    container = job_container("trainer", job.image, {"args": words}, resources, {"tmp": _TMP})
    if job.secret is not None:
        container["envFrom"] = [{"secretRef": {"name": job.secret}}]
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


def check_remote(options: TrainOptions) -> None:
    """A pod does not see this machine's files."""
    local = (("--events", options.events), ("--grouped-by", options.grouped_by), ("--ca-bundle", options.s3.ca_bundle))
    for option, file in local:
        if file is not None:
            raise InvalidInputError("is a file of this machine, which a pod does not see", field=option)
    for clip in options.clip:
        if not all(is_remote(part) for part in clip.rpartition("=")[::2]):
            raise InvalidInputError("must be in S3, clip and labels: s3://...=s3://...", field="--clip")
    named = [*(("--quiet", each) for each in options.quiet), ("DATA", options.data), ("LABELS", options.labels)]
    for field, address in named:
        if address is not None and not is_remote(address):
            raise InvalidInputError("must be in S3 (s3://...): a pod does not see this machine's files", field=field)
    if not is_remote(options.store):
        raise InvalidInputError("must be s3://bucket/prefix: a pod does not see this machine's files", field="--store")
    if options.work is not None and not is_remote(options.work):
        raise InvalidInputError("must be s3://bucket/prefix: a pod does not see this machine's files", field="--work")
    if options.review is not None and not is_remote(options.review):
        raise InvalidInputError("must be s3://bucket/prefix: a pod does not see this machine's files", field="--review")
    weights = options.base_weights
    if weights is not None and not (is_remote(weights) or weights.startswith(_URLS)):
        raise InvalidInputError(
            "must be a URL or a published base network in S3 (s3://.../name@version): a pod does not see this "
            "machine's files",
            field="--base-weights",
        )
