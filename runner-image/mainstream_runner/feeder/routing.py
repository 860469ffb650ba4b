"""Where frames go under one plan: immutable, so that a plan is swapped by replacing one reference."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from mainstream.api.video_stream import Crop, Mask
from mainstream.messages.runner_plan import RunnerPlan, ViewGate
from mainstream_runner.engine_state import EngineState
from mainstream_runner.views import PlanView, plan_views


class ViewKey(NamedTuple):
    """Names a view of a plan beyond that plan: the number of a view is another one in the next plan."""

    stream: str
    view: str
    base_digest: str
    owner: str
    """the app, where nothing is shared"""


@dataclass(frozen=True)
class ViewRoute:
    """One view's way under a plan: all that is asked for with every frame, worked out once."""

    key: ViewKey
    number: int
    """of the view, as the engine numbers it"""
    view: PlanView
    """with the apps that are served"""
    size: tuple[int, int]
    """height and width that the view is scaled to"""
    crop: Crop | None
    """what part of the picture the view is"""
    masks: tuple[Mask, ...]
    """what nobody may see of the stream"""
    apps: tuple[str, ...] = field(init=False)
    """names of the view's apps"""

    def __post_init__(self) -> None:
        """Name the apps."""
        object.__setattr__(self, "apps", tuple(app.name for app in self.view.apps))


@dataclass(frozen=True)
class Routing:
    """A plan that the engine serves, with the size that each of its views is scaled to."""

    plan: RunnerPlan
    sizes: tuple[tuple[int, int], ...]
    without: frozenset[str] = frozenset()
    """apps that the engine could not load: the others are served, these get no frames"""
    digest: str = field(init=False)
    """of the plan"""
    routes: dict[ViewKey, ViewRoute] = field(init=False)
    by_stream: dict[str, tuple[ViewRoute, ...]] = field(init=False)
    """of the streams that somebody looks at"""
    gates: dict[ViewKey, ViewGate] = field(init=False)
    """of those views for which the plan has one"""
    scorers: dict[str, str] = field(init=False)
    """what makes an app's scores, by app: as long as that is the same, they may stand"""

    def __post_init__(self) -> None:
        """Number the views as the engine does."""
        streams = {stream.name: stream for stream in self.plan.streams}
        routes: dict[ViewKey, ViewRoute] = {}
        for number, (view, size) in enumerate(zip(plan_views(self.plan), self.sizes, strict=True)):
            key, stream = view_key(self.plan, view), streams[view.stream]
            served = _without(view, self.without)
            routes[key] = ViewRoute(key, number, served, size, stream.crops[view.view], stream.masks)
        by_stream = {name: tuple(route for key, route in routes.items() if key.stream == name) for name in streams}
        gates = {key: gate for key in routes if (gate := streams[key.stream].gates.get(key.view)) is not None}
        scorers = {app.name: f"{app.name} {app.package_digest} {app.candidate}" for app in self.plan.apps}
        object.__setattr__(self, "digest", self.plan.digest)
        object.__setattr__(self, "routes", routes)
        object.__setattr__(self, "by_stream", by_stream)
        object.__setattr__(self, "gates", gates)
        object.__setattr__(self, "scorers", scorers)


def served_routing(plan: RunnerPlan, state: EngineState) -> Routing:
    """The routing of a plan that an engine has just loaded, by what the engine says."""
    return Routing(plan, state.sizes, frozenset(state.unavailable_apps))


def view_key(plan: RunnerPlan, view: PlanView) -> ViewKey:
    """The name of a plan's view."""
    return ViewKey(view.stream, view.view, view.base_digest, "" if plan.sharing else view.apps[0].name)


def _without(view: PlanView, apps: Collection[str]) -> PlanView:
    return replace(view, apps=tuple(app for app in view.apps if app.name not in apps))
