"""What becomes of honest apps while something happens beside them: asked of runner and API server once a second."""

import threading
import time
from dataclasses import dataclass, field
from typing import Protocol

from cluster_stage import TENANT, Stage
from cluster_tools import wait_for

from mainstream.messages.status_report import AppStatusReport, StatusReport
from mainstream_operator.kube import KubeError

_EVERY_S = 1.0
_DRAINED_S = 20.0
_WHOLE_CLIP_S = 75.0
"""from here on alerts of two times can be compared: the camera shows the same clip every 79.5 s"""
_VIDEOAPPS = f"/apis/mainstream.video/v1alpha1/namespaces/{TENANT}/videoapps"

Point = tuple[int, float, int, float]
"""branch-point, frames per second, votes, threshold"""


class Watched(Protocol):
    """Whose apps these are."""

    stage: Stage
    apps: tuple[str, ...]

    def plan(self) -> dict[str, Point]:
        """What the runner is told of each."""

    def report(self) -> StatusReport | None:
        """What the runner says."""


@dataclass(frozen=True)
class Alone:
    """What the honest apps have where nobody does harm."""

    plan: dict[str, Point]
    alerts_per_s: float | None = None
    """of all together; None where they were not watched for whole clips"""


@dataclass
class Seen:
    """What became of the honest apps in some time."""

    seconds: float = 0.0
    plans: list[dict[str, Point]] = field(default_factory=list)
    """different ones, one after the other"""
    analysed: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    alerts: dict[str, int] = field(default_factory=dict)
    undelivered: int = 0
    """alerts that opened and were not at the webhook some seconds after the end, or that are counted as lost"""
    unsigned: int = 0
    oldest_status_s: float = 0.0
    """the longest that an alert was not yet in its app's status"""
    restarts: int = 0
    """of containers of operator and runners"""
    unanswered_s: float = 0.0
    """the longest without a report of the runner"""

    def harm(self, alone: Alone) -> list[str]:
        """In what it differs from what would have been; empty where it does not."""
        lost, alerts = sum(self.dropped.values()), sum(self.alerts.values())
        found = [f"another plan: {each}" for each in self.plans if each != alone.plan]
        found += [f"{app} at {rate:.2f} fps" for app, rate in self.off_rate().items()]
        found += [f"{lost} frames lost"] * bool(lost) + [f"{self.restarts} restarts"] * bool(self.restarts)
        found += [f"{self.undelivered} alerts not delivered"] * bool(self.undelivered)
        found += [f"{self.unsigned} alerts not signed"] * bool(self.unsigned)
        if alone.alerts_per_s is not None and self.seconds >= _WHOLE_CLIP_S:
            expected = alone.alerts_per_s * self.seconds
            if abs(alerts - expected) > 3.3 * max(1.0, expected**0.5):
                found.append(f"{alerts} alerts, {expected:.0f} without it")
        return found

    def off_rate(self) -> dict[str, float]:
        """Apps with fewer frames than planned, beyond one at the edges and 5 %: the rate that they had."""
        planned = {app: point[1] for plan in self.plans for app, point in plan.items()}
        return {
            app: number / self.seconds
            for app, number in self.analysed.items()
            if number < 0.95 * planned.get(app, 0.0) * self.seconds - 1
        }


class Watch:
    """Asks runner and API server once a second."""

    def __init__(self, neighbours: Watched) -> None:
        self.seen = Seen()
        self._neighbours = neighbours
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._first: dict[str, AppStatusReport] = {}
        self._last: dict[str, AppStatusReport] = {}
        self._untold: dict[str, list[tuple[int, float]]] = {}
        """by app: counts of alerts that its status does not have yet, and when each was first reported"""

    def start(self) -> None:
        """From now on."""
        report = wait_for("report of the runner", self._neighbours.report, 60)
        self._start_s = self._answered_s = time.monotonic()
        self._first = self._last = self._of(report)
        self._seen_events = len(self._neighbours.stage.outside.received.events)
        self._ahead = {app: self._at_hook(app) - self._opened(each) for app, each in self._first.items()}
        self._look_at_plan()
        self._thread.start()

    def end(self) -> None:
        """Until now; alerts that have opened have some seconds more to arrive."""
        self._ended.set()
        self._thread.join(60)
        report = wait_for("report of the runner", self._neighbours.report, 60)
        self.seen.seconds = time.monotonic() - self._start_s
        self._note(report)
        self._look_at_plan()
        last = self._last
        for app, first in self._first.items():
            self.seen.analysed[app] = last[app].analysed - first.analysed
            self.seen.dropped[app] = last[app].dropped - first.dropped
            self.seen.alerts[app] = self._opened(last[app]) - self._opened(first)
        deadline_s = time.monotonic() + _DRAINED_S
        while (missing := self._missing()) and time.monotonic() < deadline_s:
            time.sleep(0.5)
        lost = sum(last[app].delivery.lost_alerts - first.delivery.lost_alerts for app, first in self._first.items())
        self.seen.undelivered = max(missing, lost)
        received = self._neighbours.stage.outside.received
        self.seen.unsigned = sum(
            not signed
            for event, signed in zip(
                received.events[self._seen_events :], received.signed[self._seen_events :], strict=False
            )
            if event["app"].partition("/")[2] in self._neighbours.apps
        )

    def _of(self, report: StatusReport) -> dict[str, AppStatusReport]:
        return {app: report.apps[f"{TENANT}/{app}"] for app in self._neighbours.apps}

    @staticmethod
    def _opened(app: AppStatusReport) -> int:
        return app.delivery.alerts

    def _at_hook(self, app: str) -> int:
        events = self._neighbours.stage.outside.received.of(f"{TENANT}/{app}")
        return len({event["id"] for event in events if event["event"] == "opened"})

    def _missing(self) -> int:
        """Alerts that were reported and are not at the webhook; counts of a runner begin anew with its pod."""
        lacking = (self._opened(each) + self._ahead[app] - self._at_hook(app) for app, each in self._last.items())
        return sum(max(0, number) for number in lacking)

    def _look_on(self) -> None:
        while not self._ended.wait(_EVERY_S):
            try:
                report = self._neighbours.report()
                if report is not None and all(f"{TENANT}/{app}" in report.apps for app in self._neighbours.apps):
                    self._note(report)
                self._look_at_plan()
                self._look_at_statuses()
            except (KubeError, AssertionError):
                continue

    def _note(self, report: StatusReport) -> None:
        now_s = time.monotonic()
        self.seen.unanswered_s = max(self.seen.unanswered_s, now_s - self._answered_s)
        self._answered_s = now_s
        self._last = self._of(report)
        for app, each in self._last.items():
            self._untold.setdefault(app, []).append((self._opened(each), now_s))

    def _look_at_plan(self) -> None:
        plan = self._neighbours.plan()
        if not self.seen.plans or plan != self.seen.plans[-1]:
            self.seen.plans.append(plan)

    def _look_at_statuses(self) -> None:
        now_s = time.monotonic()
        for body in self._neighbours.stage.kube.list_all(_VIDEOAPPS):
            app = body["metadata"]["name"]
            if app not in self._neighbours.apps:
                continue
            told = int(body.get("status", {}).get("observed", {}).get("events", 0))
            waiting = [(number, at_s) for number, at_s in self._untold.get(app, []) if number > told]
            self._untold[app] = waiting
            if waiting:
                self.seen.oldest_status_s = max(self.seen.oldest_status_s, now_s - waiting[0][1])
