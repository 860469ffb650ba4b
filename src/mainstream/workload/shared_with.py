"""With how many others an app shares work. Pure."""

from mainstream.messages.runner_plan import RunnerApp, RunnerPlan


def apps_shared_with(plan: RunnerPlan, app: RunnerApp) -> int:
    """Apps that run at least one segment together with `app`: same view, same base, something frozen or tuned alike."""
    if not plan.sharing:
        return 0
    return sum(
        1
        for other in plan.apps
        if other.name != app.name
        and (other.stream, other.view, other.base_digest) == (app.stream, app.view, app.base_digest)
        and (min(other.branch_point, app.branch_point) > 0 or _private_stem(other) & _private_stem(app))
    )


def _private_stem(app: RunnerApp) -> set[str]:
    return {segment.prefix_hash for segment in app.segments}
