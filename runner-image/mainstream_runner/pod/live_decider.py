"""From scores to events, over changes of plan: an app that stays keeps its votes and its open report."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mainstream.runner_plan import RunnerApp
from mainstream.voting import Voter
from mainstream_runner.feeder.reports import ReportMerger
from mainstream_runner.pod.event_sinks import EventSinks


@dataclass
class _AppState:
    app: RunnerApp
    voter: Voter
    merger: ReportMerger


class LiveDecider:
    """Fed by the sender's thread; told of plans by the coordinator's."""

    def __init__(self, sinks: EventSinks) -> None:
        self._sinks = sinks
        self._states: dict[str, _AppState] = {}
        self._lock = threading.Lock()

    def keep(self, apps: Iterable[RunnerApp]) -> None:
        """Decide for exactly these apps."""
        wanted = {app.name: app for app in apps}
        with self._lock:
            for name in self._states.keys() - wanted.keys():
                self._write(self._states[name].app, self._states.pop(name).merger.close())
            for name, app in wanted.items():
                if name not in self._states:
                    self._states[name] = _AppState(app, Voter(app.votes), ReportMerger(name, app.merge_gap_s))
                state = self._states[name]
                state.app = app
                state.voter.votes, state.merger.merge_gap_s = app.votes, app.merge_gap_s
            self._sinks.keep(wanted.values())

    def take(self, captured_s: float, scores: dict[str, float]) -> None:
        """Decide on one frame for every app that analysed it."""
        with self._lock:
            for name, score in scores.items():
                state = self._states.get(name)
                if state is None:
                    continue
                decision = state.voter.decide(score >= state.app.threshold)
                self._write(state.app, state.merger.analysed(captured_s, score, decision=decision))

    def close(self) -> None:
        """Close every open report."""
        with self._lock:
            for state in self._states.values():
                self._write(state.app, state.merger.close())

    def _write(self, app: RunnerApp, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            self._sinks.write(app, line)
