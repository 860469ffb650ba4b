"""A problem small enough to be reckoned by hand: two apps on one view of one base network."""

from dataclasses import replace

from mainstream.laws.chain import EventStatistics
from mainstream.laws.cost import CostStep, Segment
from mainstream.planner import App, Candidate, OperatingPoint, Problem

EVENTS = EventStatistics(length_s=2.0, frequency=0.1, correlation=0.2)
SEGMENTS = (
    Segment("view/in", None, 0.001),
    Segment("view/a", "view/in", 0.010, 1000),
    Segment("view/b", "view/a", 0.010, 1000),
)


def points(p: float, e: float) -> tuple[OperatingPoint, ...]:
    return (OperatingPoint(0.3, min(p + 0.05, 1.0), min(e + 0.1, 1.0)), OperatingPoint(0.6, p, e))


def small_app(name: str, p: float = 0.9, **changes: object) -> App:
    candidates = (
        Candidate("tuned-0", 0, "view/in", 0.022, 500, points(p, 0.02)),
        Candidate("tuned-1", 1, "view/a", 0.012, 400, points(p - 0.05, 0.05)),
        Candidate("tuned-2", 2, "view/b", 0.002, 300, points(p - 0.2, 0.1)),
    )
    return replace(App(name, 10.0, EVENTS, candidates), **changes)  # type: ignore[arg-type]


def small_problem(**changes: object) -> Problem:
    problem = Problem((small_app("cars"), small_app("bikes", 0.8)), SEGMENTS, budget=0.2)
    return replace(problem, **changes)  # type: ignore[arg-type]


def with_camera(problem: Problem) -> Problem:
    """The same view of a camera that can be decoded in two ways."""
    camera = Segment("camera", steps=(CostStep("keyframes", 2.0, 0.01), CostStep("all", 10.0, 0.05)))
    root, *rest = problem.segments
    return replace(problem, segments=(camera, replace(root, parent="camera"), *rest))
