"""Who analyses a frame: nested sampling within each view, by rate (design: cost model). Pure."""

from collections.abc import Sequence

from mainstream.sampling import NestedSampler
from mainstream_runner.views import PlanView


class DueApps:
    """Picks due apps for the views of one stream."""

    def __init__(self, views: Sequence[tuple[int, PlanView]]) -> None:
        """`views` are the stream's, each with its number in the plan."""
        self._views = [(number, view, NestedSampler()) for number, view in views]

    def of(self, time_s: float) -> list[tuple[int, tuple[str, ...]]]:
        """For the frame captured at `time_s`: numbers of views that are due, each with its due apps."""
        chosen: list[tuple[int, tuple[str, ...]]] = []
        for number, view, sampler in self._views:
            rates = sampler.due(time_s, {app.fps for app in view.apps})
            apps = tuple(app.name for app in view.apps if app.fps in rates)
            if apps:
                chosen.append((number, apps))
        return chosen
