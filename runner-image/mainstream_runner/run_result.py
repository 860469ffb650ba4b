"""What came of running a plan."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, computed_field

FRAMES_FILE = "frames.jsonl"
"""in a run's folder: every analysed frame"""
EVENTS_FOLDER = "events"
PLAN_FILE = "runner-plan.json"
"""what was run"""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FrameTally(_Part):
    """Where an app's frames went; `captured = analysed + skipped + dropped + waiting`, always."""

    captured: int = 0
    """frames that its stream delivered"""
    analysed: int = 0
    stood: int = 0
    """of those analysed: the picture had not changed, so the score before was theirs, and no network ran"""
    skipped: int = 0
    """not due"""
    dropped: int = 0
    """due, but late"""
    waiting: int = 0
    """due, on their way to a score; none once a run has ended"""


class AppRun(_Part):
    """One app's share of a run."""

    name: str
    fps_planned: float
    fps_achieved: float
    """analysed frames per second of playing"""
    frames: FrameTally
    reports: int
    """runs of decisions, gaps up to the app's merge gap closed"""


class RunResult(_Part):
    """A plan that was run until its streams ended, or until it was stopped."""

    plan_digest: str
    budget: float
    """CPU-seconds per second that the plan may use"""
    cost: float
    """CPU-seconds per second that the plan was expected to use"""
    cpu_used: float
    """CPU-seconds per second that feeder, JVM and worker used while playing"""
    seconds: float
    """of playing"""
    apps: tuple[AppRun, ...]
    frames_path: Path
    """JSON lines, one for each analysed frame: app, frame, captured_s, score, hit, decision"""
    events_folder: Path
    """JSON lines of every sink: reports opened and closed"""
    undelivered: int = 0
    """lines that a sink had not taken when the run ended; they stay in the spool until the next run"""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def cpu_over_cost(self) -> float:
        """Used over planned CPU; 0 where nothing was planned."""
        return self.cpu_used / self.cost if self.cost else 0.0
