"""VideoStream: one camera, what of it may be looked at, and the node that analyses it."""

from typing import Literal, Self

from pydantic import Field, model_validator

from mainstream.api.model import ApiModel, Name, Resource

FULL_VIEW = "full"
"""the view that every stream has: the whole picture"""


class Crop(ApiModel):
    """A rectangle in the stream's own pixels."""

    x: int = Field(ge=0, le=16384, description="Left edge.")
    y: int = Field(ge=0, le=16384, description="Upper edge.")
    width: int = Field(ge=16, le=16384, description="Columns.")
    height: int = Field(ge=16, le=16384, description="Rows.")


class View(ApiModel):
    """A named crop, scaled to the input size of the base network that looks at it."""

    name: Name
    crop: Crop


class StreamNode(ApiModel):
    """The one node that analyses the stream."""

    name: Name | None = Field(None, description="Name of the node.")
    selector: dict[str, str] | None = Field(None, description="Labels that match exactly one node.")

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.name is None) == (self.selector is None):
            raise ValueError("give either name or selector")
        return self


class VideoStreamSpec(ApiModel):
    """What the platform team declares of a camera."""

    url: str = Field(
        min_length=1,
        max_length=2048,
        pattern=r"^(rtsp|rtsps|file):.+",
        description="rtsp://host/path without credentials, or file:path (relative to the manifest).",
    )
    credentials_secret_name: Name | None = Field(
        None, description="Secret in the stream's namespace with username and password."
    )
    frames_per_second: float = Field(gt=0, le=240, description="Rate at which the camera delivers frames.")
    views: list[View] = Field(default_factory=list, max_length=16, description="Crops that apps may look at.")
    allowed_namespaces: list[str] = Field(
        default_factory=list,
        max_length=256,
        description="Namespaces that may use it besides its own; '*' is all.",
    )
    node: StreamNode

    @model_validator(mode="after")
    def _views_are_distinct(self) -> Self:
        names = [view.name for view in self.views]
        if len(set(names)) != len(names) or FULL_VIEW in names:
            raise ValueError(f"views must have distinct names other than {FULL_VIEW!r}")
        return self


class VideoStream(Resource):
    """One camera."""

    kind: Literal["VideoStream"] = "VideoStream"
    spec: VideoStreamSpec

    @property
    def views(self) -> list[str]:
        """Names of its views, the whole picture first."""
        return [FULL_VIEW, *(view.name for view in self.spec.views)]

    def crop(self, view: str) -> Crop | None:
        """Crop of a view, or None for the whole picture; `KeyError` where the stream has no such view."""
        return None if view == FULL_VIEW else {each.name: each.crop for each in self.spec.views}[view]
