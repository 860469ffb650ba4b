"""What a runner is given on demand: short-lived signed URLs, one object each, made with the rights of the app's tenant.

One tenant's store that can't be used keeps nobody else waiting: what cannot be signed is left out, and asked for again.
"""

import logging
from collections.abc import Mapping

from mainstream.api import VideoApp
from mainstream.errors import MainstreamError
from mainstream.messages.runner_plan import RunnerPlan, blobs_of
from mainstream.messages.status_report import (
    SignedBlob,
    SignedUpload,
    SignedUploads,
    SignedUrls,
    StatusReport,
    WantedUpload,
)
from mainstream.mpackage.manifest import Blob
from mainstream_operator.kube import KubeError
from mainstream_operator.observe.observation import Observation
from mainstream_operator.observe.packages import PackageReader
from mainstream_operator.observe.runner_client import RunnerClient

_log = logging.getLogger(__name__)


def send_signed_urls(observation: Observation, plan: RunnerPlan | None, packages: PackageReader) -> None:
    """Send the runner what it lacks of its plan, and where to put its clips; nothing without a plan or an answer."""
    runner, report = observation.runner, observation.report
    if runner is None or report is None or plan is None:
        return
    blobs = lacking(report, observation.given_plan, plan)
    if not blobs and not report.uploads:
        return
    apps = {each.key: each.app for each in observation.snapshot.apps}
    if blobs:
        _send_blob_urls(blobs, plan, apps, runner, packages)
    if report.uploads:
        _send_upload_urls(report.uploads, plan, apps, runner, packages)


def lacking(report: StatusReport, before: RunnerPlan | None, ordered: RunnerPlan) -> list[Blob]:
    """What the runner says that it lacks, and what it will when it reads a plan that is just being sent."""
    new: list[Blob] = []
    if before != ordered:
        known = {} if before is None else blobs_of(before)
        new = [blob for digest, blob in blobs_of(ordered).items() if digest not in known]
    return list({blob.sha256: blob for blob in (*report.lacks, *new)}.values())


def _send_blob_urls(
    wanted: list[Blob], ordered: RunnerPlan, apps: Mapping[str, VideoApp], runner: RunnerClient, packages: PackageReader
) -> None:
    """URLs for blobs of the plan; whatever else a runner asks for it does not get.

    A blob that apps of several tenants name is signed in the store of each: no tenant waits for another's.
    """
    owners = owners_of(ordered, apps)
    signed: list[SignedBlob] = []
    failing: set[str] = set()
    for blob in wanted:
        for owner in owners.get(blob.sha256, {}).values():
            if owner.key in failing:
                continue
            try:
                signed.append(SignedBlob(blob=blob, url=packages.signed_url(owner, blob)))
            except (MainstreamError, KubeError) as error:
                failing.add(owner.key)
                _log_failure(owner, error)
    if signed:
        runner.send_urls(SignedUrls(blobs=tuple(signed)))


def owners_of(ordered: RunnerPlan, apps: Mapping[str, VideoApp]) -> dict[str, dict[str, VideoApp]]:
    """For each digest of the plan one app of each namespace that names it, by namespace."""
    owners: dict[str, dict[str, VideoApp]] = {}
    for app in ordered.apps:
        if app.name in apps:
            owner = apps[app.name]
            for blob in app.blobs:
                owners.setdefault(blob.sha256, {})[owner.metadata.namespace or ""] = owner
    return owners


def _send_upload_urls(
    wanted: tuple[WantedUpload, ...],
    ordered: RunnerPlan,
    apps: Mapping[str, VideoApp],
    runner: RunnerClient,
    packages: PackageReader,
) -> None:
    """URLs for clips of apps of the plan, each below the prefix of the app's own sink."""
    running = {app.name for app in ordered.apps}
    signed: list[SignedUpload] = []
    failing: set[str] = set()
    for upload in wanted:
        owner = apps.get(upload.app)
        if owner is None or upload.app not in running or upload.app in failing:
            continue
        try:
            url = packages.signed_upload(owner, upload)
        except (MainstreamError, KubeError) as error:
            failing.add(upload.app)
            _log_failure(owner, error)
            continue
        if url is not None:
            signed.append(SignedUpload(upload=upload, url=url))
    if signed:
        runner.send_urls(SignedUploads(uploads=tuple(signed)))


def _log_failure(owner: VideoApp, error: Exception) -> None:
    _log.warning("a URL could not be signed: %s", error, extra={"object": f"VideoApp {owner.key}"})
