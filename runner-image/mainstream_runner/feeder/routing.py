"""Where frames go under one plan: immutable, so that a plan is swapped by replacing one reference."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from mainstream.api.video_stream import Crop, Mask
from mainstream.messages.runner_plan import RunnerPlan, ViewGate
from mainstream_runner.engine_state import EngineState
from mainstream_runner.views import PlanView, plan_views


@dataclass(frozen=True)
class ViewKey:
    """Names a view of a plan beyond that plan: the number of a view is another one in the next plan."""

    stream: str
    view: str
    base_digest: str
    owner: str
    """the app, where nothing is shared"""


@dataclass(frozen=True)
class Routing:
    """A plan that the engine serves, with the size that each of its views is scaled to."""

    plan: RunnerPlan
    sizes: tuple[tuple[int, int], ...]
    without: frozenset[str] = frozenset()
    """apps that the engine could not load: the others are served, these get no frames"""
    digest: str = field(init=False)
    """of the plan"""
    views: tuple[tuple[ViewKey, PlanView], ...] = field(init=False)
    numbers: dict[ViewKey, int] = field(init=False)
    gates: dict[ViewKey, ViewGate] = field(init=False)
    """of those views for which the plan has one"""
    scorers: dict[str, str] = field(init=False)
    """what makes an app's scores, by app: as long as that is the same, they may stand"""

    def __post_init__(self) -> None:
        """Number the views as the engine does."""
        views = plan_views(self.plan)
        keyed = tuple((view_key(self.plan, view), _without(view, self.without)) for view in views)
        # Worked out once: it is asked for with every frame.
        object.__setattr__(self, "digest", self.plan.digest)
        object.__setattr__(self, "views", keyed)
        object.__setattr__(self, "numbers", {key: number for number, (key, _) in enumerate(keyed)})
        planned = {(stream.name, view): gate for stream in self.plan.streams for view, gate in stream.gates.items()}
        gates = {key: gate for key, _ in keyed if (gate := planned.get((key.stream, key.view))) is not None}
        object.__setattr__(self, "gates", gates)
        scorers = {app.name: f"{app.name} {app.package_digest} {app.candidate}" for app in self.plan.apps}
        object.__setattr__(self, "scorers", scorers)

    def of_stream(self, stream: str) -> list[tuple[ViewKey, PlanView]]:
        """Views of one stream."""
        return [(key, view) for key, view in self.views if key.stream == stream]

    def crop(self, key: ViewKey) -> Crop | None:
        """What part of the picture the view is."""
        return next(stream.crops[key.view] for stream in self.plan.streams if stream.name == key.stream)

    def masks(self, stream: str) -> tuple[Mask, ...]:
        """What nobody may see of a stream."""
        return next(each.masks for each in self.plan.streams if each.name == stream)

    def size(self, key: ViewKey) -> tuple[int, int]:
        """Height and width that the view is scaled to."""
        return self.sizes[self.numbers[key]]

    def apps(self, key: ViewKey) -> frozenset[str]:
        """Apps that look at the view; none where the plan has no such view."""
        if key not in self.numbers:
            return frozenset()
        return frozenset(app.name for app in self.views[self.numbers[key]][1].apps)


def served_routing(plan: RunnerPlan, state: EngineState) -> Routing:
    """The routing of a plan that an engine has just loaded, by what the engine says."""
    return Routing(plan, state.sizes, frozenset(state.unavailable_apps))


def view_key(plan: RunnerPlan, view: PlanView) -> ViewKey:
    """The name of a plan's view."""
    return ViewKey(view.stream, view.view, view.base_digest, "" if plan.sharing else view.apps[0].name)


def _without(view: PlanView, apps: Collection[str]) -> PlanView:
    return replace(view, apps=tuple(app for app in view.apps if app.name not in apps))
