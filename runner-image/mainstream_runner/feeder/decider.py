"""From scores to what is written: hits, votes, decisions, reports."""

from collections.abc import Iterable
from typing import Any

from mainstream.runner_plan import RunnerApp
from mainstream.voting import Voter
from mainstream_runner.feeder.reports import ReportMerger
from mainstream_runner.feeder.sinks import EventSinks, JsonLines
from mainstream_runner.feeder.waiting import WaitingFrame


class Decider:
    """Keeps each app's votes and open report. A score at or above the threshold is a hit."""

    def __init__(self, apps: Iterable[RunnerApp], frames: JsonLines, sinks: EventSinks) -> None:
        self._apps = {app.name: app for app in apps}
        self._voters = {name: Voter(app.votes) for name, app in self._apps.items()}
        self._mergers = {name: ReportMerger(name, app.merge_gap_s) for name, app in self._apps.items()}
        self._frames = frames
        self._sinks = sinks

    def take(self, frame: WaitingFrame, scores: dict[str, float]) -> list[dict[str, Any]]:
        """Decide on one frame for every app that analysed it; returns the event lines, already at their sinks."""
        events: list[dict[str, Any]] = []
        records: list[dict[str, Any]] = []
        for name, score in scores.items():
            hit = score >= self._apps[name].threshold
            decision = self._voters[name].decide(hit)
            lines = self._mergers[name].analysed(frame.captured_s, score, decision=decision)
            if lines:
                self._sinks.write(name, lines)
            events += lines
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
        self._frames.write(records)
        return events

    def close(self) -> list[dict[str, Any]]:
        """Close every open report."""
        events: list[dict[str, Any]] = []
        for name, merger in self._mergers.items():
            lines = merger.close()
            self._sinks.write(name, lines)
            events += lines
        return events

    def reports(self) -> dict[str, int]:
        """Reports opened so far, by app."""
        return {name: merger.count for name, merger in self._mergers.items()}
