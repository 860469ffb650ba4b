"""`kubectl mainstream alerts APP --follow`: how many alerts an app raised, and when the last one was. Pure.

It goes by the app's status, which is refreshed at most every half minute; alerts themselves go to the app's sinks.
"""

from mainstream.api import VideoApp
from mainstream.api.video_app import ObservedApp
from mainstream.counting import counted


def told(app: VideoApp) -> str:
    """All there is to say now."""
    seen = app.status.observed
    if seen is None:
        return f"{app.key}: the runner has said nothing of it yet; see `kubectl mainstream why {app.metadata.name}`"
    last = "" if seen.last_event is None else f", the last at {seen.last_event.isoformat(timespec='seconds')}"
    lost = f", {seen.lost_events} lost" if seen.lost_events else ""
    muted = f", {seen.muted_events} muted" if seen.muted_events else ""
    return f"{app.key}: {counted(seen.events, 'alert')}, {seen.events_last_hour} in the last hour{last}{muted}{lost}"


def news(before: ObservedApp | None, after: ObservedApp | None) -> str | None:
    """A line where there are more alerts than before; a runner that was started anew counts from 0."""
    if after is None or before is None:
        return None
    more = after.events - before.events if after.events >= before.events else after.events
    if more <= 0:
        return None
    when = "" if after.last_event is None else f"{after.last_event.isoformat(timespec='seconds')} "
    return f"{when}{counted(more, 'alert')}, {after.events} in all"
