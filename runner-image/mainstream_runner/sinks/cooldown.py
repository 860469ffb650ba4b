"""Which alerts are muted: those that open too soon after one that was delivered. Pure, but for what it remembers.

Muting is of delivery alone: decisions, alerts and their counts are what they would be without it. A runner that starts
anew remembers nothing, so that the first alert of an app is always delivered.
"""

from dataclasses import dataclass, field

from mainstream.messages.alert import Alert
from mainstream.messages.runner_plan import RunnerApp


@dataclass
class Cooldowns:
    """Of all apps; an app has one open alert at a time."""

    _delivered_s: dict[str, float] = field(default_factory=dict)
    """when the last alert that was delivered opened, by app; monotonic"""
    _muted: dict[str, str] = field(default_factory=dict)
    """identity of the open alert, where it is muted, by app"""

    def mutes(self, app: RunnerApp, alert: Alert) -> bool:
        """Whether the message of an alert that opens or closes is kept back; one that closes goes as it opened.

        A muted alert does not begin the cooldown anew: an app that alerts all the time is heard once in each.
        """
        if alert.phase == "closed":
            return self._muted.pop(app.name, None) == alert.id
        last_s = self._delivered_s.get(app.name)
        if app.cooldown_s is not None and last_s is not None and alert.start_due_s - last_s < app.cooldown_s:
            self._muted[app.name] = alert.id
            return True
        self._delivered_s[app.name] = alert.start_due_s
        return False
