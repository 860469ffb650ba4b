"""Everything that one node's plan is decided from, resolved: apps with their streams, views and packages."""

from collections.abc import Mapping
from dataclasses import dataclass

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.load import Manifests
from mainstream.api.video_stream import StreamNode
from mainstream.errors import InvalidInputError
from mainstream.mpackage.manifest import Manifest
from mainstream.node_profile import NodeProfile


@dataclass(frozen=True)
class PlacedApp:
    """A VideoApp with the stream it looks at and the package it runs from."""

    app: VideoApp
    stream: VideoStream
    package: Manifest

    @property
    def name(self) -> str:
        """Unique on the node."""
        return self.app.key

    @property
    def stream_name(self) -> str:
        """Unique on the node."""
        return self.stream.key

    @property
    def event_length_s(self) -> float:
        """The app's override, else what the package measured."""
        return self.app.spec.event.length_seconds or self.package.event_statistics.length_s.value


@dataclass(frozen=True)
class NodeWorkload:
    """One node, what it costs there, and the apps that it has to serve."""

    node: EdgeNode
    profile: NodeProfile
    apps: tuple[PlacedApp, ...]

    @property
    def streams(self) -> dict[str, VideoStream]:
        """Streams that some app looks at, by their name on the node."""
        return {placed.stream_name: placed.stream for placed in self.apps}


def only_node(manifests: Manifests, name: str | None = None) -> EdgeNode:
    """The EdgeNode of that name, or the only one there is."""
    found = [node for node in manifests.nodes if name in (None, node.metadata.name)]
    if len(found) != 1:
        have = ", ".join(node.metadata.name for node in manifests.nodes) or "none"
        raise InvalidInputError(f"name one EdgeNode with --node (declared: {have})", source=manifests.folder)
    return found[0]


def place_apps(manifests: Manifests, node: EdgeNode) -> list[tuple[VideoApp, VideoStream]]:
    """The apps that are not suspended and whose stream is analysed on `node`, each with its stream."""
    streams = {stream.key: stream for stream in manifests.streams}
    placed = []
    for app in manifests.apps:
        stream = _stream_of(app, streams)
        if not app.spec.suspend and _is_on(stream.spec.node, node):
            placed.append((app, stream))
    return placed


def node_workload(
    manifests: Manifests, node: EdgeNode, packages: Mapping[str, Manifest], profile: NodeProfile
) -> NodeWorkload:
    """Resolve what `node` has to serve; `packages` are by app key."""
    apps = tuple(PlacedApp(app, stream, packages[app.key]) for app, stream in place_apps(manifests, node))
    return NodeWorkload(node, profile, apps)


def _stream_of(app: VideoApp, streams: Mapping[str, VideoStream]) -> VideoStream:
    source = app.spec.stream
    namespace = source.namespace or app.metadata.namespace
    key = f"{namespace}/{source.name}" if namespace else source.name
    if key not in streams:
        have = ", ".join(streams) or "none"
        raise InvalidInputError(
            f"there is no VideoStream {key!r} (declared: {have})", field=f"VideoApp {app.key}: spec.stream.name"
        )
    try:
        streams[key].crop(source.view)
    except KeyError:
        views = ", ".join(streams[key].views)
        raise InvalidInputError(
            f"VideoStream {key!r} has no view {source.view!r} (it has: {views})",
            field=f"VideoApp {app.key}: spec.stream.view",
        ) from None
    return streams[key]


def _is_on(where: StreamNode, node: EdgeNode) -> bool:
    if where.selector is not None:
        return where.selector.items() <= node.metadata.labels.items()
    return where.name == node.metadata.name
