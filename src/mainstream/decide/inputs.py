"""Everything that one node's decision follows from, whoever gathered it. Plain frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.active_hours import ActiveHours
from mainstream.api.reasons import Effect
from mainstream.decide.refusal import Refusal
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream.messages.status_report import StatusReport
from mainstream.mpackage.manifest import Manifest


@dataclass(frozen=True)
class AskingApp:
    """An app that belongs to a node, and the stream that it names (None: there is none of that name)."""

    app: VideoApp
    stream: VideoStream | None
    unplaced: Refusal | None = None
    """why its stream has no node"""
    over_quota: Refusal | None = None
    """why its namespace may not have it"""
    max_weight: float | None = None
    """as much as its weight may count; None: as much as it says"""

    @property
    def key(self) -> str:
        """`namespace/name`."""
        return self.app.key

    @property
    def weight(self) -> float:
        """What it counts for."""
        asked = self.app.spec.objective.weight
        return asked if self.max_weight is None else min(asked, self.max_weight)

    @property
    def weight_note(self) -> str | None:
        """What its condition says where it counts for less than it asks."""
        asked = self.app.spec.objective.weight
        if self.weight == asked:
            return None
        return (
            f"Its weight of {asked:g} counts as {self.weight:g}, the most that its namespace may give; lower "
            "spec.objective.weight, or ask for a higher quota (maxWeight)."
        )

    @property
    def hours(self) -> tuple[ActiveHours, ...]:
        """Its own and its stream's, which both have to be open."""
        stream = None if self.stream is None else self.stream.spec.active
        return tuple(each for each in (self.app.spec.active, stream) if each is not None)

    @property
    def is_planned(self) -> bool:
        """Whether a plan is made for it, be it only to see what would happen: of no other app is the package read."""
        return not self.app.spec.suspend and self.over_quota is None

    @property
    def runs(self) -> bool:
        """Whether it is to run, if it can."""
        return not self.app.spec.suspend and not self.app.spec.dry_run and self.over_quota is None


@dataclass(frozen=True)
class PackageState:
    """What is known of an app's package; neither manifest nor refusal: it is being read for the first time."""

    manifest: Manifest | None = None
    refusal: Refusal | None = None

    @property
    def pending(self) -> bool:
        """Whether nothing is known yet."""
        return self.manifest is None and self.refusal is None

    @property
    def unknown(self) -> bool:
        """Whether it may well be of use: it was not read yet, or cannot be read at the moment."""
        return self.manifest is None and (self.refusal is None or self.refusal.reason.effect is Effect.HOLDS)


@dataclass(frozen=True)
class NodeInputs:
    """One node, who asks for it, and what was found out."""

    node: EdgeNode | None
    """None: the node has no EdgeNode yet"""
    apps: tuple[AskingApp, ...]
    refused: Mapping[str, Refusal]
    """apps that were refused before anything of them was read, by key (`refuse`)"""
    packages: Mapping[str, PackageState]
    """of the other apps, by key; one that is missing is being read"""
    measured: NodeProfile | None = None
    """what a frame costs, as somebody measured it just now"""
    report: StatusReport | None = None
    """what the node's runner says; None: there is none, or it does not answer"""
    killed_at: datetime | None = None
    """when the runner was last killed for memory, as far as is known now"""
    running: RunnerPlan | None = None
    """the plan that the runner got last"""
    at: datetime | None = None
    """the moment that hours are decided for; None: hours count for nothing"""
    budget_shares: Mapping[str, float] = field(default_factory=dict)
    """of the node's budget, by namespace, where a quota limits it"""
    contended_shares: Mapping[str, float] = field(default_factory=dict)
    """the same where that binds only while others want more"""
    predicting: frozenset[str] = frozenset()
    """apps whose package was read, and what it predicts is still being worked out, by key"""

    def entry_of(self, asking: AskingApp) -> RunnerApp | None:
        """What the app runs now, if it is to go on with that until something else is known of it."""
        if self.running is None or not asking.runs:
            return None
        where = (asking.app.stream_key, asking.app.spec.stream.view)
        entries = (entry for entry in self.running.apps if entry.name == asking.key)
        return next((entry for entry in entries if (entry.stream, entry.view) == where), None)
