"""VideoStream: one camera, what of it may be looked at, and the node that analyses it."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from mainstream.api.active_hours import ActiveHours
from mainstream.api.conditions import Conditions, Observed
from mainstream.api.model import ApiModel, Name, Resource, StatusModel, cel
from mainstream.messages.node_profile import MAX_MODES, DecodeModeName

LabelKey = Annotated[str, Field(min_length=1, max_length=317)]
LabelValue = Annotated[str, Field(max_length=63)]

_LOGIN_TOLD = "holds a user or password; leave it out, and name a Secret (credentialsSecretName)"
_NO_LOGIN = cel("self.startsWith('file:') || !self.matches('^[^/]*://[^/]*@')", _LOGIN_TOLD)

FULL_VIEW = "full"
"""the view that every stream has: the whole picture"""


class Crop(ApiModel):
    """A rectangle in the stream's own pixels.

    In YAML its corner is `left` and `top`: kubectl, which reads YAML 1.1, takes a bare `y` for a boolean.
    """

    x: int = Field(alias="left", ge=0, le=16384, description="Left edge.")
    y: int = Field(alias="top", ge=0, le=16384, description="Upper edge.")
    width: int = Field(ge=16, le=16384, description="Columns.")
    height: int = Field(ge=16, le=16384, description="Rows.")

    def problem_in(self, width: int, height: int) -> str | None:
        """Why it cannot be cut out of an upright picture of that size; None where it can."""
        if self.x + self.width <= width and self.y + self.height <= height:
            return None
        return f"reaches out of the picture of {width}x{height} pixels; make it smaller"


class Point(ApiModel):
    """A place in the stream's own pixels, as shown."""

    x: int = Field(alias="left", ge=0, le=16384, description="From the left edge.")
    y: int = Field(alias="top", ge=0, le=16384, description="From the upper edge.")


class Mask(ApiModel):
    """A polygon of the picture that nobody may see."""

    points: tuple[Point, ...] = Field(min_length=3, max_length=64, description="Its corners, in order; it is closed.")

    @model_validator(mode="after")
    def _covers_something(self) -> Self:
        first, *others = self.points
        if not any(
            (one.x - first.x) * (two.y - first.y) != (two.x - first.x) * (one.y - first.y)
            for one, two in pairwise(others)
        ):
            raise ValueError("a polygon whose points lie on one line covers nothing; give three that do not")
        return self

    def problem_in(self, width: int, height: int) -> str | None:
        """Why it cannot be laid over an upright picture of that size; None where it can."""
        if all(point.x <= width and point.y <= height for point in self.points):
            return None
        return f"reach out of the picture of {width}x{height} pixels; move their points into it"


class View(ApiModel):
    """A named crop, scaled to the input size of the base network that looks at it."""

    name: Name = Field(description="Name that apps use.", json_schema_extra=cel("self != 'full'", "'full' is taken"))
    crop: Crop = Field(description="The rectangle.")


def holds_no_login(url: str) -> str:
    """The address, without user and password; raises `ValueError` where it has some."""
    _, address, rest = url.partition("://")
    if address and not url.startswith("file:") and "@" in rest.partition("/")[0]:
        raise ValueError(_LOGIN_TOLD)
    return url


class Substream(ApiModel):
    """Another profile of the same camera: the same picture, smaller, with a clock of its own."""

    url: Annotated[str, AfterValidator(holds_no_login)] = Field(
        min_length=1,
        max_length=2048,
        pattern=r"^(rtsp|rtsps):.+",
        description="rtsp://host/path without credentials; the stream's own are used.",
        json_schema_extra=_NO_LOGIN,
    )
    frames_per_second: float = Field(gt=0, le=240, description="Rate at which it delivers frames.")


class StreamNode(ApiModel):
    """The one node that analyses the stream."""

    model_config = ConfigDict(
        json_schema_extra=cel("has(self.name) != has(self.selector)", "give either name or selector")
    )

    name: Name | None = Field(None, description="Name of the node.")
    selector: dict[LabelKey, LabelValue] | None = Field(
        None, min_length=1, max_length=16, description="Labels that match exactly one node."
    )

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.name is None) == (self.selector is None):
            raise ValueError("give either name or selector")
        return self


class VideoStreamSpec(ApiModel):
    """What the platform team declares of a camera."""

    model_config = ConfigDict(
        json_schema_extra=cel(
            "has(self.substream) ? !self.url.startsWith('file:') : !has(self.decode) || self.decode != 'substream'",
            "decode: substream needs spec.substream, and a file has none",
        )
    )

    url: Annotated[str, AfterValidator(holds_no_login)] = Field(
        min_length=1,
        max_length=2048,
        pattern=r"^(rtsp|rtsps|file):.+",
        description="rtsp://host/path without credentials, or file:path (relative to the manifest).",
        json_schema_extra=_NO_LOGIN,
    )
    credentials_secret_name: Name | None = Field(
        None, description="Secret in the stream's namespace with username and password."
    )
    frames_per_second: float = Field(gt=0, le=240, description="Rate at which the camera delivers frames.")
    substream: Substream | None = Field(
        None, description="Smaller pictures of the same camera, which are decoded where they serve the apps for less."
    )
    decode: DecodeModeName | None = Field(
        None,
        description="Decodes it in this way whatever it costs: all frames, those that other frames need (reference), "
        "key frames alone, or the substream. Left out, the planner chooses among what was measured.",
    )
    views: list[View] = Field(
        default_factory=list,
        max_length=16,
        description="Crops that apps may look at.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )
    masks: tuple[Mask, ...] = Field(
        default=(),
        max_length=32,
        description="Parts that nobody may see, in every view: grey before any network or picture; of a stream with "
        "masks no clips are made.",
    )
    allowed_namespaces: list[Annotated[str, Field(min_length=1, max_length=63)]] = Field(
        default_factory=list,
        max_length=256,
        description="Namespaces that may use it besides its own; '*' is all.",
    )
    active: ActiveHours | None = Field(
        None, description="When apps may look at it, whatever their own hours are; always where left out."
    )
    node: StreamNode = Field(description="The one node that analyses the stream.")

    @model_validator(mode="after")
    def _views_are_distinct(self) -> Self:
        names = [view.name for view in self.views]
        if len(set(names)) != len(names) or FULL_VIEW in names:
            raise ValueError(f"views must have distinct names other than {FULL_VIEW!r}")
        return self

    @model_validator(mode="after")
    def _has_what_it_decodes(self) -> Self:
        if self.substream is None and self.decode == "substream":
            raise ValueError("decode: substream needs a substream; give spec.substream")
        if self.substream is not None and self.url.startswith("file:"):
            raise ValueError("a file has no substream; leave it out")
        return self


class ObservedMode(StatusModel):
    """One way to decode the stream, as it was measured on its node."""

    name: DecodeModeName = Field(description="all, reference, keyframes or substream.")
    frames_per_second: float = Field(description="Frames that it yields.")
    cpu: float = Field(description="CPU-seconds a second that it takes.")


class ObservedStream(Observed):
    """What the runner reports of the camera."""

    width: int | None = Field(None, description="Columns of its picture.")
    height: int | None = Field(None, description="Rows of its picture.")
    frames_per_second: float | None = Field(None, description="Rate at which frames arrive, decoded or not.")
    decode: DecodeModeName | None = Field(None, description="Which of them are decoded.")
    modes: list[ObservedMode] = Field(
        default_factory=list, max_length=MAX_MODES, description="What each way to decode it yields and takes."
    )


class VideoStreamStatus(StatusModel):
    """Whether the camera answers, and who looks at it."""

    observed_generation: int | None = Field(None, description="Generation of the spec that this status is about.")
    conditions: Conditions = Field(default_factory=list, description="Placed, Reachable.")
    node: str | None = Field(None, description="Node that analyses the stream.")
    apps: int = Field(0, description="Apps in the node's plan that look at it.")
    observed: ObservedStream | None = Field(None, description="What the runner reports of the camera.")


class VideoStream(Resource):
    """One camera."""

    kind: Literal["VideoStream"] = "VideoStream"
    spec: VideoStreamSpec
    status: VideoStreamStatus = VideoStreamStatus()

    def admits(self, namespace: str | None) -> bool:
        """Whether apps of that namespace may look at it."""
        allowed = self.spec.allowed_namespaces
        return namespace == self.metadata.namespace or "*" in allowed or namespace in allowed

    @property
    def views(self) -> list[str]:
        """Names of its views, the whole picture first."""
        return [FULL_VIEW, *(view.name for view in self.spec.views)]

    def crop(self, view: str) -> Crop | None:
        """Crop of a view, or None for the whole picture; `KeyError` where the stream has no such view."""
        return None if view == FULL_VIEW else {each.name: each.crop for each in self.spec.views}[view]
