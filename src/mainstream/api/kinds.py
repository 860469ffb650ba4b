"""The kinds of ours, each with its models and with what an API server calls it: the one table of them."""

from dataclasses import dataclass
from typing import TypeAlias

from pydantic import BaseModel

from mainstream.api.edge_node import EdgeNode, EdgeNodeSpec, EdgeNodeStatus
from mainstream.api.video_app import VideoApp, VideoAppSpec, VideoAppStatus
from mainstream.api.video_stream import VideoStream, VideoStreamSpec, VideoStreamStatus

AnyResource: TypeAlias = EdgeNode | VideoApp | VideoStream
AnyStatus: TypeAlias = EdgeNodeStatus | VideoAppStatus | VideoStreamStatus


@dataclass(frozen=True)
class ResourceKind:
    """One custom resource."""

    name: str
    """as `kind` says it"""
    plural: str
    """in URLs and on the command line of kubectl"""
    short_name: str
    namespaced: bool
    model: type[AnyResource]
    spec: type[BaseModel]
    status: type[AnyStatus]


RESOURCE_KINDS = {
    kind.name: kind
    for kind in (
        ResourceKind("VideoApp", "videoapps", "va", True, VideoApp, VideoAppSpec, VideoAppStatus),
        ResourceKind("VideoStream", "videostreams", "vs", True, VideoStream, VideoStreamSpec, VideoStreamStatus),
        ResourceKind("EdgeNode", "edgenodes", "en", False, EdgeNode, EdgeNodeSpec, EdgeNodeStatus),
    )
}
