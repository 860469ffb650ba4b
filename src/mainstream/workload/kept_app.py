"""A running app whose package cannot be read now: it goes on with what it runs, as in its runner's plan. Pure.

Its entry of the running plan says which candidate it runs, at which threshold, rate and votes. That is all there is to
choose from until its package is read again, and it is enough to know what the app costs and with whom it shares.
"""

import hashlib
import operator
from collections import Counter
from collections.abc import Iterable

from mainstream.api import VideoApp, VideoStream
from mainstream.api.video_app import EventOverrides, ObjectiveSpec
from mainstream.messages.runner_plan import RunnerApp
from mainstream.mpackage.manifest import (
    BaseReference,
    Evaluation,
    Manifest,
    MeasuredEventStatistics,
    MeasuredPoint,
    PackedCandidate,
    Statistic,
    Training,
)
from mainstream.workload.node_workload import PlacedApp

_UNKNOWN_QUALITY = {"p": 0.9, "e": 0.0}
_UNKNOWN_FRAMES = {"frames_event": 100, "frames_other": 10**9}
"""of a candidate that is the only one: nothing follows from it, and nothing rules it out as on all the time"""
_LENGTH_S = 1.0


def kept_app(app: VideoApp, stream: VideoStream, entry: RunnerApp, known: Iterable[Manifest]) -> PlacedApp:
    """The app with no other choice than what it runs; `known` are packages that may be of the same base network."""
    spec = app.spec.model_copy(
        update={
            "event": EventOverrides(),
            "objective": ObjectiveSpec(weight=app.spec.objective.weight),
            "rates": [min(entry.fps, stream.spec.frames_per_second)],
            "votes": entry.votes,
            "merge_gap_seconds": app.spec.merge_gap_seconds or entry.merge_gap_s,
        }
    )
    package = _package(entry, _prefix_hashes(entry, known))
    return PlacedApp(app.model_copy(update={"spec": spec}), stream, package, kept=entry)


def _prefix_hashes(entry: RunnerApp, known: Iterable[Manifest]) -> tuple[str, ...]:
    """Share keys of the base network: as most packages of the same base have them, else made up.

    Keys are chained, so a package whose key is the entry's at its branch-point has the same ones before it too. How
    deep a base network is that a micro-head reads at its tap, only other packages tell.
    """
    depth = len(entry.base_segments) or entry.branch_point + len(entry.segments)
    fits_depth = operator.ge if entry.kind == "micro" and not entry.base_segments else operator.eq
    fitting = Counter(
        package.prefix_hashes
        for package in known
        if package.base.digest == entry.base_digest
        and fits_depth(len(package.prefix_hashes), depth + 1)
        and package.prefix_hashes[entry.branch_point] == entry.prefix_hash
    )
    if fitting:
        return max(fitting, key=lambda hashes: (fitting[hashes], hashes))
    # The same for all apps of one base, so that those that share its segments still do.
    return tuple(hashlib.sha256(f"{entry.base_digest} {end}".encode()).hexdigest() for end in range(depth + 1))


def _package(entry: RunnerApp, prefix_hashes: tuple[str, ...]) -> Manifest:
    point = MeasuredPoint(threshold=entry.threshold, p_interval=(0, 1), e_interval=(0, 1), **_UNKNOWN_QUALITY)
    candidate = PackedCandidate(
        name=entry.candidate,
        kind=entry.kind,
        branch_point=entry.branch_point,
        segments=entry.segments,
        head_form=entry.head_form,
        head=entry.head,
        evaluation=Evaluation(**_UNKNOWN_FRAMES, block_frames=1, events=0, quiet_s=0),
        operating_points=(point,),
        balanced_accuracy=0.5,
    )
    return Manifest(
        name="kept",
        version="1",
        classes=("other", "event"),
        event_class="event",
        base=BaseReference(name=entry.base, digest=entry.base_digest, preprocessing={}, segments=entry.base_segments),
        prefix_hashes=prefix_hashes,
        event_statistics=MeasuredEventStatistics(
            length_s=Statistic(value=_LENGTH_S, source="declared"),
            frequency=Statistic(value=0.1, source="declared"),
            correlation=Statistic(value=0.0, source="declared"),
        ),
        candidates=(candidate,),
        training=Training(data_digest=entry.package_digest, seed=0, settings={}, versions={}),
    )
