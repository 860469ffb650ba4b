"""What travels from the planner to a runner: names and digests, no credentials, no weights.

The planner answers with numbers (`planner.plan.Plan`); this is the same answer with everything a runner needs to act on
it. It is a boundary, hence pydantic; `digest` is what the runner reports back as the plan that it serves.
"""

import hashlib
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mainstream.api.sinks.review import RunnerSink
from mainstream.api.video_stream import Crop, Mask
from mainstream.files.digest import Sha256
from mainstream.head_form import HeadForm
from mainstream.messages.node_profile import DecodeModeName
from mainstream.mpackage.manifest import Blob, CandidateKind, CandidateName, PrivateSegment, Probability, TrainedView


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ViewGate(_Part):
    """That a view's networks run only where its picture has changed (docs/design.md, "The gate")."""

    duty: float = Field(gt=0, le=1)
    """share of looks that are planned to run"""
    moving_cost: float = Field(ge=0)
    """CPU-seconds a second that its networks take while everything moves"""


class RunnerSubstream(_Part):
    """Another profile of a stream's camera."""

    url: str
    fps: float = Field(gt=0)


class RunnerStream(_Part):
    """A stream to decode."""

    name: str
    url: str
    fps: float = Field(gt=0)
    crops: dict[str, Crop | None]
    """of every view in use, by its name; None is the whole picture"""
    decode: DecodeModeName = "all"
    """which of its frames are decoded; rates of the apps are such that these serve them"""
    substream: RunnerSubstream | None = None
    """smaller pictures of the same; crops and masks are in the stream's own pixels"""
    masks: tuple[Mask, ...] = ()
    """what nobody may see of it, in any view"""
    gates: dict[str, ViewGate] = {}
    """of those views, by name, whose networks rest while nothing changes"""


class RunnerApp(_Part):
    """One app to run: where it looks, what it runs, how often, and when it reports."""

    name: str
    stream: str
    view: str
    base: str
    base_digest: Sha256
    base_segments: tuple[Blob, ...] = ()
    """weights of the base network, one blob a segment; empty where every image carries it"""
    package_digest: Sha256
    candidate: CandidateName
    kind: CandidateKind
    branch_point: int = Field(ge=0)
    prefix_hash: Sha256
    """share key at the branch-point"""
    segments: tuple[PrivateSegment, ...]
    """none of a micro-head, which reads the map at the branch-point"""
    head_form: HeadForm
    head: Blob
    threshold: Probability
    fps: float = Field(gt=0)
    votes: int = Field(ge=1, le=7)
    merge_gap_s: float = Field(gt=0)
    cooldown_s: float | None = Field(None, gt=0)
    """for so long after an alert that was delivered opened, further ones are muted"""
    sinks: tuple[RunnerSink, ...] = ()
    trained_view: TrainedView | None = None
    """what of the picture its package was trained on; None where that were pictures, which are no part of a camera's"""

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """What has to be at hand to run the app."""
        return (*self.base_segments, *(segment.blob for segment in self.segments), self.head)

    @property
    def wants_pictures(self) -> bool:
        """Whether the packets of its stream have to be kept for pictures, and for clips where a sink takes them."""
        return any(sink.wants_picture() for sink in self.sinks)


class RunnerPlan(_Part):
    """Everything one runner does until the next plan."""

    node: str
    sharing: bool
    """false: every app runs its whole network on its own (baseline No-Sharing)"""
    budget: float
    """CPU-seconds per second"""
    cost: float
    """CPU-seconds per second that the plan is expected to take"""
    streams: tuple[RunnerStream, ...]
    apps: tuple[RunnerApp, ...]

    @model_validator(mode="after")
    def _streams_are_declared(self) -> Self:
        crops = {stream.name: stream.crops for stream in self.streams}
        for app in self.apps:
            if app.stream not in crops or app.view not in crops[app.stream]:
                raise ValueError(f"app {app.name}: stream {app.stream!r} has no view {app.view!r} in this plan")
        return self

    @property
    def digest(self) -> str:
        """Identity of the plan."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def fastest_fps(plan: RunnerPlan) -> dict[str, float]:
    """How often the fastest app of each stream looks."""
    fastest: dict[str, float] = {}
    for app in plan.apps:
        fastest[app.stream] = max(fastest.get(app.stream, 0.0), app.fps)
    return fastest


def blobs_of(plan: RunnerPlan) -> dict[str, Blob]:
    """Every blob that the plan needs, by digest."""
    return {blob.sha256: blob for app in plan.apps for blob in app.blobs}
