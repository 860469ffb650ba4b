"""What of an ordered plan can be served while weights are on their way: one app's missing blob holds up nobody else.

Pure.
"""

from collections.abc import Callable

from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream.mpackage.manifest import Blob

IsHere = Callable[[Blob], bool]
"""whether a blob is on the disk"""


def servable_part(ordered: RunnerPlan, is_here: IsHere, running: RunnerPlan | None) -> RunnerPlan:
    """The ordered plan with those of its apps whose blobs are all here; the very same plan where that is everybody.

    An app that waits for other weights than it runs with goes on as it is, where it looks at the same view as before.
    """
    former = {} if running is None else {app.name: app for app in running.apps}
    apps: list[RunnerApp] = []
    for app in ordered.apps:
        if is_complete(app, is_here):
            apps.append(app)
        elif (before := former.get(app.name)) is not None and _can_go_on(before, app, is_here):
            apps.append(before)
    if apps == list(ordered.apps):
        return ordered
    return ordered.model_copy(update={"apps": tuple(apps)})


def is_complete(app: RunnerApp, is_here: IsHere) -> bool:
    """Whether all of the app's blobs are on the disk."""
    return all(is_here(blob) for blob in app.blobs)


def _can_go_on(before: RunnerApp, now: RunnerApp, is_here: IsHere) -> bool:
    return (before.stream, before.view) == (now.stream, now.view) and is_complete(before, is_here)
