"""What pages show of nodes, streams and apps: plain values that templates turn into HTML. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from mainstream.alerts.certainty import told_f1
from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.conditions import ABNORMAL, Condition
from mainstream.counting import counted
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan, RunnerStream

_NOTHING = "–"  # noqa: RUF001 - an en dash, as tables have it


@dataclass(frozen=True)
class Told:
    """A condition in words."""

    type: str
    status: str
    reason: str
    message: str
    is_good: bool


@dataclass(frozen=True)
class AppLine:
    """One app in the list."""

    key: str
    ready: Told | None
    predicted: str
    measured: str
    fps: str
    node: str
    is_below: bool


@dataclass(frozen=True)
class StreamLine:
    """One camera in the list."""

    key: str
    ready: Told | None
    node: str
    apps: int
    picture: str
    fps: str
    decode: str


@dataclass(frozen=True)
class NodeLine:
    """One node in the list."""

    name: str
    ready: Told | None
    apps: int
    cost: str
    budget: str
    cpu: str
    predicted: str
    measured: str


@dataclass(frozen=True)
class Branch:
    """A line of a node's tree, and what hangs on it."""

    text: str
    app: str | None
    """an app's key, where the line is one"""
    leaves: tuple[Branch, ...] = ()


def conditions_shown(conditions: list[Condition]) -> list[Told]:
    """All of them."""
    return [_told(each) for each in conditions]


def app_line(app: VideoApp) -> AppLine:
    """An app in the list."""
    plan, observed = app.status.plan, app.status.observed
    achieved = None if observed is None else observed.frames_per_second
    return AppLine(
        key=app.key,
        ready=_ready(app.status.conditions),
        predicted=_NOTHING if plan is None else f"{plan.predicted_f1:.2f}",
        measured=_measured(app),
        fps=_NOTHING if achieved is None else f"{achieved:.2g}",
        node=app.status.node or _NOTHING,
        is_below=any(each.type == "MeasuredBelowPredicted" and each.status == "True" for each in app.status.conditions),
    )


def stream_line(stream: VideoStream) -> StreamLine:
    """A camera in the list."""
    observed = stream.status.observed
    modes = [] if observed is None else observed.modes
    told = ", ".join(f"{each.name} {each.frames_per_second:.3g}/s {each.cpu:.3f} s" for each in modes)
    has_size = observed is not None and observed.width is not None
    fps = None if observed is None else observed.frames_per_second
    decoded = "" if observed is None else observed.decode or ""
    return StreamLine(
        key=stream.key,
        ready=_ready(stream.status.conditions),
        node=stream.status.node or _NOTHING,
        apps=stream.status.apps,
        picture=f"{observed.width}x{observed.height}" if observed is not None and has_size else _NOTHING,
        fps=_NOTHING if fps is None else f"{fps:.3g}",
        decode=(f"{decoded} (of {told})" if told else decoded) or _NOTHING,
    )


def node_line(node: EdgeNode, apps: list[VideoApp]) -> NodeLine:
    """A node in the list; `apps` are those that it runs."""
    plan, observed = node.status.plan, node.status.observed
    f1s = [each.status.measured.f1 for each in apps if each.status.measured is not None]
    known = [f1 for f1 in f1s if f1 is not None]
    cpu = None if observed is None else observed.cpu
    return NodeLine(
        name=node.metadata.name,
        ready=_ready(node.status.conditions),
        apps=0 if plan is None else plan.apps,
        cost=_NOTHING if plan is None else f"{plan.cost:.3f}",
        budget=f"{node.budget_s:.3f}",
        cpu=_NOTHING if cpu is None else f"{cpu:.3f}",
        predicted=_NOTHING if plan is None else f"{plan.mean_f1:.2f}",
        measured=f"{sum(known) / len(known):.2f} of {counted(len(known), 'app')}" if known else "not yet",
    )


def plan_tree(plan: RunnerPlan) -> tuple[Branch, ...]:
    """Streams, views with a base network, then the stem down to each branch-point with the apps that leave it there."""
    return tuple(
        Branch(
            f"{stream.name}, {stream.fps:g} frames a second, decoded: {stream.decode}",
            None,
            _views(stream, [app for app in plan.apps if app.stream == stream.name]),
        )
        for stream in plan.streams
    )


def _views(stream: RunnerStream, apps: list[RunnerApp]) -> tuple[Branch, ...]:
    ordered = sorted(apps, key=lambda app: (app.view, app.base, app.branch_point, app.name))
    found = []
    for (view, base), group in groupby(ordered, key=lambda app: (app.view, app.base)):
        crop = stream.crops[view]
        where = "whole picture" if crop is None else f"{crop.width}x{crop.height} at {crop.x},{crop.y}"
        found.append(Branch(f"view {view} ({where}), base network {base}", None, _stem(list(group))))
    return tuple(found)


def _stem(apps: list[RunnerApp]) -> tuple[Branch, ...]:
    """From the deepest branch-point up: what lies deeper hangs on what lies before it."""
    below: tuple[Branch, ...] = ()
    for point in sorted({app.branch_point for app in apps}, reverse=True):
        beyond = [app for app in apps if app.branch_point >= point]
        leaves = tuple(_leaf(app) for app in beyond if app.branch_point == point) + below
        fastest, together = max(app.fps for app in beyond), counted(len(beyond), "app")
        text = f"stem to branch-point {point}, {fastest:g} times a second for {together}"
        below = (Branch(text, None, leaves),) if point else leaves
    return below


def _leaf(app: RunnerApp) -> Branch:
    votes = counted(app.votes, "vote")
    return Branch(f"candidate {app.candidate}, {app.fps:g} frames a second, {votes}", app.name)


def _measured(app: VideoApp) -> str:
    known = None if app.status.measured is None else app.status.measured.f1_interval
    return "not yet" if known is None else told_f1(known[0], known[1:])


def _ready(conditions: list[Condition]) -> Told | None:
    return next((_told(each) for each in conditions if each.type == "Ready"), None)


def _told(condition: Condition) -> Told:
    good = "False" if condition.type in ABNORMAL else "True"
    is_good = condition.status == good
    return Told(condition.type, condition.status, condition.reason, condition.message, is_good)
