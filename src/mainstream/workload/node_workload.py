"""Everything that one node's plan is decided from, resolved: apps with their streams, views and packages."""

from dataclasses import dataclass, replace

from mainstream.alerts.merging import merged_events
from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.laws.chain import EventStatistics
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerApp
from mainstream.mpackage.event_statistics import statistics_of
from mainstream.mpackage.manifest import Manifest
from mainstream.planner.problem import allowed_rates


@dataclass(frozen=True)
class PlacedApp:
    """A VideoApp with the stream it looks at and the package it runs from."""

    app: VideoApp
    stream: VideoStream
    package: Manifest
    kept: RunnerApp | None = None
    """what it runs, where its package cannot be read now: then it goes on so, and `package` says no more than that"""
    trust: float = 1.0
    """what its predictions are multiplied with, as the runner sees other alerts than they say; 1: all is believed"""

    @property
    def name(self) -> str:
        """Unique on the node."""
        return self.app.key

    @property
    def stream_name(self) -> str:
        """Unique on the node."""
        return self.stream.key

    @property
    def allowed_rates(self) -> tuple[float, ...]:
        """Frames a second that it may be analysed at, ascending."""
        return allowed_rates(self.app.spec.rates, self.stream.spec.frames_per_second)

    @property
    def event_statistics(self) -> EventStatistics:
        """The package's, with what the app says itself: merge gap, event length, frequency, correlation."""
        override, measured = self.app.spec.event, statistics_of(self.package.event_statistics)
        if override.length_seconds is not None:
            # One length is no set of runs; how often events are follows from what was measured.
            frequency = merged_events(measured).frequency
            measured = replace(
                measured,
                length_s=override.length_seconds,
                frequency=frequency,
                lengths_s=(),
                runs_s=(),
                footage_s=None,
                seams_s=(),
            )
        if override.frequency is not None:
            measured = replace(measured, frequency=override.frequency, footage_s=None)
        correlation = measured.correlation if override.correlation is None else override.correlation
        return replace(measured, correlation=correlation, merge_gap_s=self.merge_gap_s)

    @property
    def merge_gap_s(self) -> float:
        """The app's merge gap, else the package's own."""
        return self.app.spec.merge_gap_seconds or self.package.event_statistics.gap_s

    @property
    def plays_as_replayed(self) -> bool:
        """Whether the package's replays hold for the app: it asks for no other merge gap, length or correlation."""
        override = self.app.spec.event
        same_events = override.length_seconds is None and override.correlation is None
        return same_events and self.merge_gap_s == self.package.event_statistics.gap_s


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
