"""Manifests to begin with: one camera or file, one node, and an app for each package. Pure.

What can be seen or read is filled in: the rate that the stream delivers, the part of the picture that each package was
trained on, scaled where the camera's picture has another size.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from mainstream.api.edge_node import EdgeNode
from mainstream.api.model import API_VERSION, Name, Resource
from mainstream.api.store_access import StoreAccess
from mainstream.api.video_app import VideoApp
from mainstream.api.video_stream import FULL_VIEW, Crop, VideoStream
from mainstream.errors import InvalidInputError
from mainstream.footage.stream_fit import DeliveredPicture
from mainstream.mpackage.manifest import TrainedView

_NAME_PARTS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class FirstApp:
    """A package that is to run, as the manifest will name it."""

    name: str
    reference: str
    trained: TrainedView | None


@dataclass(frozen=True)
class FirstNames:
    """What the user may name, and what everything else is called by."""

    node: str
    stream: str
    namespace: str | None = None
    secret: str | None = None
    """with the camera's login"""
    budget: float = 0.8
    sinks: Sequence[Mapping[str, Any]] = field(default_factory=list)
    """as written in a manifest; a file for each app where there is none"""
    store: StoreAccess = field(default_factory=StoreAccess)
    """that the packages lie in"""


def first_manifests(
    url: str, delivered: DeliveredPicture, apps: Sequence[FirstApp], names: FirstNames
) -> tuple[EdgeNode, VideoStream, list[VideoApp]]:
    """Everything that a plan needs beside a profile.

    Raises `InvalidInputError` where the rate or the picture is not known, or two packages have one name.
    """
    if delivered.fps is None or delivered.size is None:
        raise InvalidInputError("does not tell its rate; give --fps", field="SOURCE")
    twice = sorted({app.name for app in apps if sum(other.name == app.name for other in apps) > 1})
    if twice:
        raise InvalidInputError(f"two packages are named {twice[0]!r}; give one of them alone", field="--package")
    crops = {app.name: scaled_crop(app.trained, delivered.size) for app in apps}
    views: dict[str, Crop] = {}
    for name, crop in crops.items():
        if crop is not None and crop not in views.values():
            views[name] = crop
    node = {"name": names.node}
    metadata = {} if names.namespace is None else {"namespace": names.namespace}
    stream = VideoStream.model_validate(
        {
            "kind": "VideoStream",
            "metadata": {"name": names.stream, **metadata},
            "spec": {
                "url": url,
                "credentialsSecretName": names.secret,
                "framesPerSecond": round(delivered.fps, 3),
                "views": [{"name": name, "crop": crop} for name, crop in views.items()],
                "node": node,
            },
        }
    )
    view_of = {crop: name for name, crop in views.items()}
    made = [
        VideoApp.model_validate(
            {
                "kind": "VideoApp",
                "metadata": {"name": app.name, **metadata},
                "spec": {
                    "stream": {"name": names.stream, "view": _view_name(crops[app.name], view_of)},
                    "package": {"reference": app.reference, "store": names.store},
                    "sinks": list(names.sinks) or [{"jsonLines": {"path": f"{app.name}.jsonl"}}],
                },
            }
        )
        for app in apps
    ]
    return (
        EdgeNode.model_validate({"kind": "EdgeNode", "metadata": node, "spec": {"budget": names.budget}}),
        stream,
        made,
    )


def scaled_crop(trained: TrainedView | None, size: tuple[int, int]) -> Crop | None:
    """The part of a picture of that size that the package was trained on; None: all of it."""
    if trained is None or trained.crop is None:
        return None
    across, down = size[0] / trained.width, size[1] / trained.height
    left, top = round(trained.crop.x * across), round(trained.crop.y * down)
    width = min(round(trained.crop.width * across), size[0] - left)
    height = min(round(trained.crop.height * down), size[1] - top)
    return Crop(x=left, y=top, width=max(16, width), height=max(16, height))


def manifest_text(resources: Sequence[Resource], comment: str = "") -> str:
    """YAML as people write it: what has its default value is left out."""
    documents = []
    for each in resources:
        plain = each.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        documents.append({"apiVersion": API_VERSION, "kind": type(each).__name__, **plain})
    text = yaml.safe_dump_all(documents, sort_keys=False, width=120)
    return f"# {comment}\n{text}" if comment else text


def object_name(text: str) -> str:
    """A name that Kubernetes takes, as near to the text as can be."""
    return _NAME_PARTS.sub("-", text.lower()).strip("-")[:63].strip("-") or "camera"


def checked_name(text: str, option: str) -> str:
    """The text, if Kubernetes takes it for a name; `InvalidInputError` that names the option, and a name, if not."""
    try:
        return TypeAdapter(Name).validate_python(text)
    except ValidationError:
        raise InvalidInputError(
            f"{text!r} is no name: lower-case letters, digits, - and . between them; say {object_name(text)!r}",
            field=option,
        ) from None


def _view_name(crop: Crop | None, view_of: Mapping[Crop, str]) -> str:
    return FULL_VIEW if crop is None else view_of[crop]
