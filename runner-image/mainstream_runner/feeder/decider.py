"""From scores to events, over changes of plan: an app that stays keeps its votes and its open report.

A score at or above the app's threshold is a hit; so many hits in a row make a decision; decisions closer than the merge
gap are one report.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mainstream.runner_plan import RunnerApp
from mainstream.voting import Voter
from mainstream_runner.feeder.alerts import AlertMerger
from mainstream_runner.feeder.waiting import WaitingFrame

_LONGEST_WAY_S = 15.0
"""longer than a frame may be on its way from camera to score"""

WriteEvent = Callable[[RunnerApp, dict[str, Any], float], None]
"""takes an app, a line of one of its reports, and when the report began on the monotonic clock"""
NoteFrames = Callable[[list[dict[str, Any]]], None]
"""takes one record for each app that analysed a frame"""


@dataclass
class _AppState:
    app: RunnerApp
    voter: Voter
    merger: AlertMerger
    decisions: int = 0


class Decider:
    """Fed by the senders, in their turns; told of plans by another thread."""

    def __init__(
        self,
        write: WriteEvent,
        reported_before: Callable[[str], int] = lambda app: 0,
        note_frames: NoteFrames | None = None,
    ) -> None:
        """`reported_before` says how many reports earlier lives of the runner opened for an app."""
        self._write_event = write
        self._reported_before = reported_before
        self._note_frames = note_frames
        self._states: dict[str, _AppState] = {}
        self._lock = threading.Lock()

    def keep(self, apps: Iterable[RunnerApp]) -> None:
        """Decide for exactly these apps."""
        wanted = {app.name: app for app in apps}
        with self._lock:
            for name in self._states.keys() - wanted.keys():
                self._close(self._states.pop(name))
            for name, app in wanted.items():
                state = self._states.get(name) or self._begin(app)
                state.app = app
                state.voter.votes, state.merger.merge_gap_s = app.votes, app.merge_gap_s

    def take(self, frame: WaitingFrame, scores: dict[str, float]) -> None:
        """Decide on one frame for every app that analysed it."""
        records: list[dict[str, Any]] = []
        with self._lock:
            for name, score in scores.items():
                state = self._states.get(name)
                if state is None:
                    continue
                hit = score >= state.app.threshold
                decision = state.voter.decide(hit)
                state.decisions += decision
                began = state.merger.open
                lines = state.merger.analysed(frame.captured_s, frame.due_s, score, decision=decision)
                for line in lines:
                    report = began if line["event"] == "closed" else state.merger.open
                    self._write_event(state.app, line, report.start_due_s if report is not None else frame.due_s)
                if self._note_frames is not None:
                    records.append(
                        {
                            "app": name,
                            "frame": frame.index,
                            "captured_s": frame.captured_s,
                            "score": score,
                            "hit": hit,
                            "decision": decision,
                        }
                    )
        if self._note_frames is not None:
            self._note_frames(records)

    def decisions(self, app: str) -> int:
        """Analysed frames of an app on which a decision fell, since it was last taken up."""
        state = self._states.get(app)
        return 0 if state is None else state.decisions

    def reports(self) -> dict[str, int]:
        """Reports opened so far, by app."""
        with self._lock:
            return {name: state.merger.count for name, state in self._states.items()}

    def close_quiet(self, now_s: float) -> None:
        """Close reports of apps that have had no frame to go on with for long: their camera or engine is away.

        `now_s` is monotonic.
        """
        with self._lock:
            for state in self._states.values():
                report = state.merger.open
                if report is not None and now_s - report.end_due_s > state.merger.merge_gap_s + _LONGEST_WAY_S:
                    self._close(state)

    def close(self) -> None:
        """Close every open report."""
        with self._lock:
            for state in self._states.values():
                self._close(state)

    def _begin(self, app: RunnerApp) -> _AppState:
        merger = AlertMerger(app.name, app.stream, app.merge_gap_s, self._reported_before(app.name))
        state = self._states[app.name] = _AppState(app, Voter(app.votes), merger)
        return state

    def _close(self, state: _AppState) -> None:
        report = state.merger.open
        for line in state.merger.close():
            self._write_event(state.app, line, report.start_due_s if report is not None else 0.0)
