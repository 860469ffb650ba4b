"""Honest apps beside a tenant that means harm: what they get, what they lose, what they are told, and how fast."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from cluster_stage import TENANT, Stage
from cluster_story import ordered_plan, restarts
from cluster_tools import wait_for
from neighbour_watch import Point, Seen, Watch

from mainstream.messages.status_report import StatusReport

HONEST: Mapping[str, Mapping[str, Any]] = {
    "crossing": {},
    "road-right": {},
    "lamp-post": {},
    "everybody": {"package": "crossing", "objective": {"metric": "recall"}},
}
"""the neighbours' apps: their specs, and their packages where those have another name"""
RATES = [1, 2]
NEW = "path-left"
"""a package of the neighbours that no app of theirs runs at first"""
_HOOK = {"webhook": {"url": "http://events.plaza.svc:8088/", "secretName": "hook"}}


class Neighbours:
    """The honest apps on a stage."""

    def __init__(self, stage: Stage, apps: Sequence[str]) -> None:
        self.stage = stage
        self.apps = tuple(apps)
        self._token = ""

    def settle_in(self, timeout_s: float) -> None:
        """Apply them, and wait until all run."""
        for name in self.apps:
            self.stage.apply(self.app(name, **HONEST[name]))
        for name in self.apps:
            self.stage.wait_condition("videoapp", name, "Ready", "True", timeout_s=timeout_s)
        self._token = self.stage.token()

    def app(self, name: str, package: str | None = None, **spec: Any) -> dict[str, Any]:
        """One of theirs."""
        return self.stage.app(
            name, **{"package": self.stage.package(package or name), "rates": RATES, "sinks": [_HOOK], **spec}
        )

    def plan(self) -> dict[str, Point]:
        """What the runner is told of each honest app."""
        plan = ordered_plan(self.stage)
        names = {f"{TENANT}/{app}" for app in self.apps}
        return {
            app.name.partition("/")[2]: (app.branch_point, app.fps, app.votes, app.threshold)
            for app in (() if plan is None else plan.apps)
            if app.name in names
        }

    def report(self) -> StatusReport | None:
        """What the runner says."""
        try:
            return self.stage.report(self.stage.runner_pod()["metadata"]["name"], self._token)
        except ValueError:
            return None

    def served(self) -> set[str]:
        """Apps of theirs that the runner runs."""
        report = self.report()
        return set() if report is None else {key.partition("/")[2] for key in report.apps if key.startswith(TENANT)}

    @contextmanager
    def watched(self) -> Iterator[Seen]:
        """Look on while something happens; what was seen is complete when the context is left."""
        watch, before = Watch(self), restarts(self.stage)
        watch.start()
        try:
            yield watch.seen
        finally:
            watch.end()
        watch.seen.restarts = restarts(self.stage) - before

    def new_app(self, name: str, package: str, timeout_s: float = 120) -> tuple[float, float]:
        """Make one more app: seconds until its first status, and until it is Ready."""
        start_s = time.monotonic()
        self.stage.apply(self.app(name, package, objective={"metric": "recall"}))

        def told() -> bool:
            return bool((self.stage.get("videoapp", name) or {}).get("status", {}).get("conditions"))

        wait_for(f"status of {name}", told, timeout_s)
        told_s = time.monotonic() - start_s
        wait_for(
            f"{name} that is Ready",
            lambda: self.stage.condition("videoapp", name, "Ready")[0] == "True",
            timeout_s,
        )
        return told_s, time.monotonic() - start_s

    def end_of(self, name: str, end: Callable[[], object], timeout_s: float = 60) -> tuple[float, float]:
        """End an app (delete it, suspend it): seconds until the runner runs it no more, and until its last alert."""
        key, start_s = f"{TENANT}/{name}", time.monotonic()
        end()
        wait_for(f"end of {name}", lambda: name not in self.served(), timeout_s, 0.1)
        gone_s = time.monotonic() - start_s
        time.sleep(2)
        received = self.stage.outside.received
        opened = [
            at_s
            for at_s, event in zip(list(received.times_s), list(received.events), strict=False)
            if event["app"] == key and event["event"] == "opened"
        ]
        return gone_s, max(0.0, max(opened, default=start_s) - start_s)
