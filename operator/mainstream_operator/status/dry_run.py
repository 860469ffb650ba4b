"""What a dry run found, in figures for a status. Pure."""

from mainstream.decide.plan import Forecast, NodePlan
from mainstream_operator.status.app import AppLoss, Tried
from mainstream_operator.status.shared_with import apps_sharing

_NOTICEABLE_F1 = 0.0005
"""less is rounding, and nobody's loss"""


def tried(app: str, forecast: Forecast) -> Tried:
    """What the app would get, and what that would take from whom."""
    after = forecast.after
    planned = None if after.plan is None else next((each for each in after.plan.apps if each.name == app), None)
    ordered = after.runner_plan
    got = None if ordered is None else next((each for each in ordered.apps if each.name == app), None)
    before_f1, after_f1 = _f1(forecast.before), _f1(after)
    losses = [
        AppLoss(name.partition("/")[0], name.partition("/")[2], f1, after_f1.get(name, 0.0))
        for name, f1 in before_f1.items()
        if f1 - after_f1.get(name, 0.0) > _NOTICEABLE_F1
    ]
    return Tried(
        planned=planned if planned is not None and planned.fits else None,
        ordered=got,
        shared_with=apps_sharing(ordered, got) if ordered is not None and got is not None else 0,
        refusal=after.free.turned_away.get(app),
        mean_before=forecast.before.mean_f1,
        mean_after=after.mean_f1,
        losses=tuple(sorted(losses, key=lambda loss: -loss.lost)),
    )


def _f1(plan: NodePlan) -> dict[str, float]:
    return {} if plan.plan is None else {app.name: app.f1 for app in plan.plan.apps if app.fits}
