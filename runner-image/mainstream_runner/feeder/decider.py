"""From scores to alerts, over changes of plan: an app that stays keeps its votes and its open alert.

A score at or above the app's threshold is a hit; so many hits in a row make a decision; decisions closer than the merge
gap are one alert.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mainstream.laws.voting import Voter
from mainstream.messages.alert import Alert
from mainstream.messages.runner_plan import RunnerApp
from mainstream_runner.analysed_frame import AnalysedFrame
from mainstream_runner.feeder.alerts import AlertMerger
from mainstream_runner.feeder.waiting import WaitingFrame

_LONGEST_WAY_S = 15.0
"""longer than a frame may be on its way from camera to score"""

DeliverAlert = Callable[[RunnerApp, Alert], None]
"""takes an alert of an app when it opens and when it closes"""
NoteFrames = Callable[[list[AnalysedFrame]], None]
"""takes one record for each app that analysed a frame"""


@dataclass
class _AppState:
    app: RunnerApp
    voter: Voter
    merger: AlertMerger
    decisions: int = 0


class Decider:
    """Fed by the senders, in their turns; plans come from another thread."""

    def __init__(
        self,
        deliver: DeliverAlert,
        alerts_before: Callable[[str], int] = lambda app: 0,
        note_frames: NoteFrames = lambda frames: None,
    ) -> None:
        """`alerts_before` gives the number of alerts that earlier lives of the runner opened for an app."""
        self._deliver = deliver
        self._alerts_before = alerts_before
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
        analysed: list[AnalysedFrame] = []
        with self._lock:
            for name, score in scores.items():
                state = self._states.get(name)
                if state is None:
                    continue
                hit = score >= state.app.threshold
                decision = state.voter.decide(hit)
                state.decisions += decision
                for alert in state.merger.analysed(frame.captured_s, frame.due_s, score, decision=decision):
                    self._deliver(state.app, alert)
                analysed.append(AnalysedFrame(name, frame.index, frame.captured_s, frame.due_s, score, hit, decision))
        self._note_frames(analysed)

    def decisions(self, app: str) -> int:
        """Analysed frames of an app on which a decision fell, since it was last taken up."""
        state = self._states.get(app)
        return 0 if state is None else state.decisions

    def alerts(self) -> dict[str, int]:
        """Alerts opened so far, by app."""
        with self._lock:
            return {name: state.merger.count for name, state in self._states.items()}

    def close_quiet(self, now_s: float) -> None:
        """Close alerts of apps that have had no frame to go on with for long: their camera or engine is away.

        `now_s` is monotonic.
        """
        with self._lock:
            for state in self._states.values():
                alert = state.merger.open
                if alert is not None and now_s - alert.end_due_s > state.merger.merge_gap_s + _LONGEST_WAY_S:
                    self._close(state)

    def close(self) -> None:
        """Close every open alert."""
        with self._lock:
            for state in self._states.values():
                self._close(state)

    def _begin(self, app: RunnerApp) -> _AppState:
        merger = AlertMerger(app.name, app.stream, app.merge_gap_s, self._alerts_before(app.name))
        state = self._states[app.name] = _AppState(app, Voter(app.votes), merger)
        return state

    def _close(self, state: _AppState) -> None:
        for alert in state.merger.close():
            self._deliver(state.app, alert)
