"""Everything that one node's plan is decided from, resolved: apps with their streams, views and packages."""

from dataclasses import dataclass

from mainstream.api import EdgeNode, VideoApp, VideoStream
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
