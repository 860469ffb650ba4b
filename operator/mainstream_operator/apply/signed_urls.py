"""What a runner is given on demand: short-lived signed URLs, one object each, made with the rights of the app's tenant.

One tenant's store that can't be used keeps nobody else waiting: what cannot be signed is left out, and asked for again.
Nor do a tenant's many stores, which take a while to open: a namespace has a moment, the rest is asked for again.
"""

import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

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
from mainstream_operator.namespace_time import NamespaceTime
from mainstream_operator.observe.observation import Observation
from mainstream_operator.observe.packages import PackageReader

_log = logging.getLogger(__name__)
_MOST_OF_NAMESPACE_S = 0.5
"""that signing for one namespace takes at a time: three stores that have to be opened, or thousands of URLs of one"""

Signed = TypeVar("Signed")


def send_signed_urls(
    observation: Observation,
    plan: RunnerPlan | None,
    packages: PackageReader,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Send the runner what it lacks of its plan, and where to put its clips; nothing without a plan or an answer.

    `clock` gives seconds that never run backwards.
    """
    runner, report = observation.runner, observation.report
    if runner is None or report is None or plan is None:
        return
    blobs = lacking(report, observation.given_plan, plan)
    if not blobs and not report.uploads:
        return
    apps = {each.key: each.app for each in observation.snapshot.apps}
    signing = _Signing(packages, clock)
    if blobs and (signed := _signed_blobs(blobs, owners_of(plan, apps), signing)):
        runner.send_urls(SignedUrls(blobs=signed))
    if report.uploads:
        running = {app.name: apps[app.name] for app in plan.apps if app.name in apps}
        if uploads := _signed_uploads(report.uploads, running, signing):
            runner.send_urls(SignedUploads(uploads=uploads))


class _Signing:
    """Signs for one node at one time, for each namespace as long as it may take."""

    def __init__(self, packages: PackageReader, clock: Callable[[], float]) -> None:
        self.packages = packages
        self._time = NamespaceTime(_MOST_OF_NAMESPACE_S, clock)
        self._failing: set[str] = set()

    def sign(self, owner: VideoApp, make: Callable[[], Signed | None]) -> Signed | None:
        """What `make` makes with the rights of this app's tenant; None where it cannot be made, or not now."""
        namespace = owner.metadata.namespace or ""
        if owner.key in self._failing or not self._time.has_some(namespace):
            return None
        with self._time.take(namespace):
            try:
                return make()
            except (MainstreamError, KubeError) as error:
                self._failing.add(owner.key)
                _log.warning("a URL could not be signed: %s", error, extra={"object": f"VideoApp {owner.key}"})
                return None


def lacking(report: StatusReport, before: RunnerPlan | None, ordered: RunnerPlan) -> list[Blob]:
    """What the runner says that it lacks, and what it will when it reads a plan that is just being sent."""
    new: list[Blob] = []
    if before != ordered:
        known = {} if before is None else blobs_of(before)
        new = [blob for digest, blob in blobs_of(ordered).items() if digest not in known]
    return list({blob.sha256: blob for blob in (*report.lacks, *new)}.values())


def _signed_blobs(
    wanted: list[Blob], owners: Mapping[str, Mapping[str, VideoApp]], signing: _Signing
) -> tuple[SignedBlob, ...]:
    """URLs for blobs of the plan; whatever else a runner asks for it does not get.

    A blob that apps of several tenants name is signed in the store of each: no tenant waits for another's.
    """
    signed: list[SignedBlob] = []
    for blob in wanted:
        for owner in owners.get(blob.sha256, {}).values():
            url = signing.sign(owner, partial(signing.packages.signed_url, owner, blob))
            if url is not None:
                signed.append(SignedBlob(blob=blob, url=url))
    return tuple(signed)


def owners_of(ordered: RunnerPlan, apps: Mapping[str, VideoApp]) -> dict[str, dict[str, VideoApp]]:
    """For each digest of the plan one app of each namespace that names it, by namespace."""
    owners: dict[str, dict[str, VideoApp]] = {}
    for app in ordered.apps:
        if app.name in apps:
            owner = apps[app.name]
            for blob in app.blobs:
                owners.setdefault(blob.sha256, {})[owner.metadata.namespace or ""] = owner
    return owners


def _signed_uploads(
    wanted: tuple[WantedUpload, ...], running: Mapping[str, VideoApp], signing: _Signing
) -> tuple[SignedUpload, ...]:
    """URLs for clips of apps of the plan, each below the prefix of the app's own sink."""
    signed: list[SignedUpload] = []
    for upload in wanted:
        owner = running.get(upload.app)
        if owner is None:
            continue
        url = signing.sign(owner, partial(signing.packages.signed_upload, owner, upload))
        if url is not None:
            signed.append(SignedUpload(upload=upload, url=url))
    return tuple(signed)
