"""What of a stream goes to the engine, and for whom: the same list for feeder and engine, so that both may number it.

A view of the plan is one sequence of frames scaled to one input size. Apps share within it. A plan without sharing
gives every app a view of its own, so that nothing is shared, not even scaling, transport and preprocessing; only
decoding is.
"""

from dataclasses import dataclass
from functools import cached_property

from mainstream.laws.sampling import NestedSampler
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan


@dataclass(frozen=True)
class PlanView:
    """One view in use and who looks at it."""

    stream: str
    view: str
    base: str
    base_digest: str
    apps: tuple[RunnerApp, ...]

    def due(self, sampler: NestedSampler, time_s: float, pace: float = 1.0) -> tuple[str, ...]:
        """Names of the apps that the view's `sampler` has analyse the frame captured at `time_s` (monotonic, s), at
        `pace` of their rates."""
        rates = sampler.due(time_s, self._rates, pace)
        if len(rates) == len(self._rates):
            return self._names
        return tuple(app.name for app in self.apps if app.fps in rates) if rates else ()

    @cached_property
    def _rates(self) -> frozenset[float]:
        return frozenset(app.fps for app in self.apps)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(app.name for app in self.apps)


def plan_views(plan: RunnerPlan) -> tuple[PlanView, ...]:
    """The views of a plan, in the order in which its apps first name them; wire and engine refer to them by number."""
    apps_by_view: dict[tuple[str, str, str, str, str], list[RunnerApp]] = {}
    for app in plan.apps:
        owner = "" if plan.sharing else app.name
        apps_by_view.setdefault((app.stream, app.view, app.base, app.base_digest, owner), []).append(app)
    return tuple(PlanView(*key[:4], tuple(apps)) for key, apps in apps_by_view.items())
