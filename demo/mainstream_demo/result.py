"""The demo's answer: `report.json`. Its form is stable and documented in docs/report.md."""

from pydantic import BaseModel, ConfigDict

from mainstream.planner import Policy

BASELINES: tuple[Policy, ...] = ("no-sharing", "alone", "max-sharing")
POLICIES: tuple[Policy, ...] = ("mainstream", *BASELINES)
TITLES: dict[str, str] = {
    "mainstream": "Mainstream",
    "no-sharing": "No-Sharing",
    "alone": "Alone",
    "max-sharing": "Max-Sharing",
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PlayedFrames(_Part):
    """What became of the frames that the camera delivered: captured = analysed + skipped + dropped."""

    captured: int
    analysed: int
    skipped: int
    """not due"""
    dropped: int
    """due, but late"""


class AppResult(_Part):
    """One app under one policy: as planned, and as measured on the played half of the clip."""

    name: str
    candidate: str | None
    branch_point: int | None
    """none: the app did not fit the budget"""
    fps_planned: float
    fps_achieved: float
    threshold: float | None
    votes: int | None
    frames: PlayedFrames
    f1_predicted: float
    f1_interval: tuple[float, float] | None = None
    """90 %, of what is predicted; None where it does not fit"""
    f1_measured: float
    events: int
    events_found: int
    """for which an alert opened"""
    alerts: int
    alerts_false: int
    alerts_repeated: int
    """further ones for events that were found: they count neither way"""


class PolicyResult(_Part):
    """One plan, run live."""

    cost: float
    """CPU-seconds per second, planned"""
    budget: float
    """CPU-seconds per second"""
    cpu_used: float
    """CPU-seconds per second of all processes of the runner"""
    mean_f1_predicted: float
    mean_f1_measured: float
    apps: list[AppResult]


class F1Difference(_Part):
    """Mainstream's mean measured F1 less a baseline's, with a 95 % interval: the same events drawn again for both."""

    baseline: str
    difference: float
    low: float
    high: float


class GrowthPoint(_Part):
    """So many apps on the node, played from scores; by policy, of each that all these apps have what it needs."""

    apps: int
    crowds: int
    """choices of so many apps that the means are over"""
    f1_measured: dict[str, float]
    f1_predicted: dict[str, float]
    differences: list[F1Difference]


class DemoResult(_Part):
    """All of `report.json`."""

    machine: dict[str, str]
    seconds: dict[str, float]
    """wall time by step"""
    policies: dict[str, PolicyResult]
    """live, of all apps"""
    differences: list[F1Difference]
    growth: list[GrowthPoint]
    """mean F1 over the number of apps"""
