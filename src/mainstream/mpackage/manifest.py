"""The M-Package manifest, version 1.

A package is `<store>/<name>/<version>/manifest.json` and blobs `<store>/blobs/<sha256>`. The manifest is written last:
a package without one does not exist. Its digest is the sha256 of its canonical JSON, and everything in it is determined
by inputs and settings alone; what differs from run to run lies beside it in `record.json`.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, model_validator

from mainstream.api.video_stream import Crop
from mainstream.files.digest import Sha256
from mainstream.head_form import HeadForm
from mainstream.kept import KeptBeside
from mainstream.mpackage.curve import ReplayedCurve

Probability = Annotated[float, Field(ge=0, le=1)]
PackageName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]{0,126}[a-z0-9])?$")]
CandidateName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]{0,62})$")]
CandidateKind = Literal["fine-tuned", "micro"]
"""micro: no layer of the base network is specialised, and the head reads the map at the branch-point, its tap"""

MAX_BLOB_BYTES = 1 << 30
MAX_MANIFEST_BYTES = 1 << 20
MAX_CURVES_BYTES = 8 << 20
"""of all candidates together: 20 of them at 60 frames per second have 6 MiB"""
MAX_RUNS = 2048
_DIGESTS: KeptBeside[str] = KeptBeside()


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Blob(_Part):
    """One safetensors file of the store."""

    sha256: Sha256
    size_bytes: int = Field(ge=0, le=MAX_BLOB_BYTES)


class BaseReference(_Part):
    """The base network that every candidate was fine-tuned from."""

    name: str = Field(min_length=1, max_length=128)
    digest: Sha256
    preprocessing: dict[str, Any]
    segments: tuple[Blob, ...] = Field(default=(), max_length=256)
    """its weights, one blob a segment, so that a node without them gets them; empty where every image carries it"""
    cost_shares: tuple[Probability, ...] = Field(default=(), max_length=256)
    """share of its operations that lie before each branch-point"""


class Statistic(_Part):
    """One number of the event model, and how it was obtained."""

    value: float
    source: Literal["measured", "declared"]


class MeasuredEventStatistics(_Part):
    """The app's events (docs/design.md, "Alerts"), as the package's own merge gap makes them of labelled runs."""

    length_s: Statistic
    """mean length in seconds, after merging"""
    frequency: Statistic
    """share of time inside events, after merging"""
    correlation: Statistic
    """of misses between analysed frames"""
    lengths_s: tuple[Annotated[float, Field(gt=0)], ...] = Field(default=(), max_length=256)
    """of single events, ascending, where they were declared: labelled runs say more"""
    merge_gap_s: float | None = Field(None, gt=0)
    """the gap that everything here, and every replay, holds for; the event length where it was declared"""
    runs_s: tuple[tuple[float, float], ...] = Field(default=(), max_length=MAX_RUNS)
    """labelled runs as they are, start and end in seconds, so that another gap can be planned"""
    footage_s: float | None = Field(None, gt=0)
    """seconds of labelled footage that the runs lie in"""
    seams_s: tuple[float, ...] = Field(default=(), max_length=MAX_RUNS)
    """when another clip begins among the runs, ascending: no event goes on from one clip to the next"""

    @property
    def gap_s(self) -> float:
        """The merge gap."""
        return self.length_s.value if self.merge_gap_s is None else self.merge_gap_s

    @model_validator(mode="after")
    def _runs_are_apart(self) -> Self:
        for start_s, end_s in self.runs_s:
            if not start_s < end_s:
                raise ValueError(f"runs_s: the run from {start_s:g} to {end_s:g} s has no length")
        if any(start_s < end_s for (_, end_s), (start_s, _) in pairwise(self.runs_s)):
            raise ValueError("runs_s must be ascending and apart")
        return self


class MeasuredPoint(_Part):
    """A threshold on the score with its hit probabilities on held-out frames."""

    threshold: Probability
    p: Probability
    """P(hit) on a frame of an event"""
    e: Probability
    """P(hit) on a frame outside events"""
    p_interval: tuple[Probability, Probability]
    """95 % confidence interval of p"""
    e_interval: tuple[Probability, Probability]
    """95 % confidence interval of e"""


class PrivateSegment(_Part):
    """A segment of the candidate's own: the base's graph from `branch_point` to the next, with fine-tuned weights."""

    branch_point: int = Field(ge=0, le=255)
    """where the segment starts"""
    prefix_hash: Sha256
    """share key after the segment"""
    blob: Blob


class Evaluation(_Part):
    """How much held-out data stands behind the operating points."""

    frames_event: int = Field(ge=0)
    frames_other: int = Field(ge=0)
    block_frames: float = Field(ge=1)
    """neighbouring frames that are worth one independent one: an event's length of video, 1 for unrelated pictures"""
    events: int = Field(ge=0)
    """whole ones, after merging"""
    quiet_s: float = Field(ge=0)
    """seconds outside events; 0 for pictures"""
    quiet_footage_s: float = Field(0, ge=0)
    """of these, in unlabelled footage in which nothing happens"""


class PackedCandidate(_Part):
    """One trained model of the app."""

    name: CandidateName
    kind: CandidateKind
    branch_point: int = Field(ge=0, le=255)
    """everything before it is frozen"""
    segments: tuple[PrivateSegment, ...] = Field(default=(), max_length=256)
    """from the branch-point to the last feature map, in order; none of a micro-head, or with everything frozen"""
    head_form: HeadForm
    head: Blob
    """the classifier on the feature map"""
    evaluation: Evaluation
    operating_points: tuple[MeasuredPoint, ...] = Field(min_length=1, max_length=256)
    curve: Blob | None = None
    """the replayed curve, where there is one"""
    replayed: Annotated[ReplayedCurve, PlainValidator(ReplayedCurve.of)] = Field(default=ReplayedCurve(), exclude=True)
    """what the curve says; no part of the manifest, empty until the blob is read"""
    balanced_accuracy: Probability
    """on held-out frames, at the middle threshold"""
    dominated_by: CandidateName | None = None
    """a candidate that is at least as good and no dearer; this one is kept for baselines, or as nothing was pruned"""

    @model_validator(mode="after")
    def _head_is_a_head(self) -> Self:
        if self.head.size_bytes > self.head_form.most_bytes:
            raise ValueError(
                f"candidate {self.name}: the head has {self.head.size_bytes} bytes, more than the "
                f"{self.head_form.most_bytes} of its form, kind {self.head_form.kind}"
            )
        return self

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """What has to be fetched to run the candidate."""
        return (*(segment.blob for segment in self.segments), self.head)


class PrunedCandidate(_Part):
    """A candidate that was trained and left out: another one is at least as good and no dearer."""

    name: CandidateName
    kind: CandidateKind
    branch_point: int = Field(ge=0, le=255)
    dominated_by: CandidateName
    """the other one"""
    reason: str = Field(min_length=1, max_length=1024)
    """in words and numbers"""


class TrainedView(_Part):
    """What of which video the candidates were trained on; scores mean the same only on the same part of the picture."""

    width: int = Field(ge=1)
    """columns of the whole upright picture"""
    height: int = Field(ge=1)
    """rows of the whole upright picture"""
    crop: Crop | None = None
    """None: the whole picture"""

    @property
    def in_words(self) -> str:
        """For people."""
        part = self.crop and f"{self.crop.x},{self.crop.y},{self.crop.width},{self.crop.height}"
        return f"{part or 'the whole picture'} of a video of {self.width}x{self.height} pixels"


class Training(_Part):
    """What determined the weights."""

    data_digest: Sha256
    seed: int
    settings: dict[str, Any]
    versions: dict[str, str]
    view: TrainedView | None = None
    """None where it was trained on pictures, which are no part of a camera's"""


class Published(_Part, ABC):
    """What stands under a name and a version of a store and never changes: an app's package, or a base network."""

    schema_version: str
    name: PackageName
    version: PackageName

    @property
    @abstractmethod
    def blobs(self) -> frozenset[Blob]:
        """Every blob that belongs to it, each once."""

    def canonical(self) -> bytes:
        """The one spelling that the digest is taken of. What has its default value is left out: a field that a later
        version adds leaves the digests of older packages alone, so a default, once published, never changes.
        """
        plain = self.model_dump(mode="json", exclude_defaults=True) | {"schema_version": self.schema_version}
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def digest(self) -> str:
        """Identity of what was published."""
        return _DIGESTS.find(self, (), lambda: hashlib.sha256(self.canonical()).hexdigest())


class Manifest(Published):
    """Everything about one version of one app's package."""

    schema_version: Literal["mainstream.video/mpackage/v1"] = "mainstream.video/mpackage/v1"
    task: Literal["classification"] = "classification"
    classes: tuple[str, ...] = Field(min_length=2, max_length=1024)
    event_class: str
    base: BaseReference
    prefix_hashes: tuple[Sha256, ...] = Field(min_length=1, max_length=256)
    """share key of the public base at every branch-point, the input first"""
    event_statistics: MeasuredEventStatistics
    candidates: tuple[PackedCandidate, ...] = Field(min_length=1, max_length=256)
    """by branch-point and name, ascending"""
    pruned: tuple[PrunedCandidate, ...] = Field(default=(), max_length=256)
    training: Training
    quick: bool = False
    """made of micro-heads alone: what the baselines need is missing"""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.event_class not in self.classes:
            raise ValueError(f"event_class {self.event_class!r} is not one of classes")
        depth = len(self.prefix_hashes) - 1
        if self.base.segments and len(self.base.segments) != depth:
            raise ValueError(f"base.segments must list all {depth} segments of the base network, or none")
        places = [(candidate.branch_point, candidate.name) for candidate in self.candidates]
        if places != sorted(places):
            raise ValueError("candidates must be ascending by branch_point and name")
        names = [each.name for each in self.candidates] + [each.name for each in self.pruned]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"candidates: two are named {twice!r}; give every one its own name")
        curves = [candidate.curve.size_bytes for candidate in self.candidates if candidate.curve is not None]
        if sum(curves) > MAX_CURVES_BYTES:
            raise ValueError(f"replayed curves have {sum(curves)} bytes, more than {MAX_CURVES_BYTES}")
        for candidate in self.candidates:
            _check_segments(candidate, depth)
        return self

    @property
    def blobs(self) -> frozenset[Blob]:
        """See `Published.blobs`."""
        curves = (candidate.curve for candidate in self.candidates if candidate.curve is not None)
        return frozenset(self.base.segments).union(curves, *(candidate.blobs for candidate in self.candidates))

    def candidate(self, name: str) -> PackedCandidate:
        """The candidate of that name; `KeyError` where there is none."""
        return {each.name: each for each in self.candidates}[name]


def _check_segments(candidate: PackedCandidate, depth: int) -> None:
    """`ValueError` unless the candidate leads from its branch-point to the map that its head reads."""
    if candidate.branch_point > depth:
        raise ValueError(f"candidate {candidate.name}: the base network has branch-points 0 to {depth}")
    starts = [segment.branch_point for segment in candidate.segments]
    own = range(candidate.branch_point, depth if candidate.kind == "fine-tuned" else candidate.branch_point)
    if starts != list(own):
        wanted = f"must list every segment from its branch-point to {depth}" if own else "has no segments of its own"
        raise ValueError(f"candidate {candidate.name}, {candidate.kind}: {wanted}")
