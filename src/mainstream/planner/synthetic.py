"""Random problems of realistic shape, for benchmarks and tests; the same seed gives the same problem."""

from __future__ import annotations

from dataclasses import replace
from math import erf, sqrt

import numpy as np

from mainstream.laws.chain import EventStatistics
from mainstream.laws.cost import CostStep, Segment
from mainstream.planner.problem import App, Candidate, OperatingPoint, Problem

BASE_SECONDS = 0.012
"""What a small network takes for a frame on one core (facts: EfficientNet-lite0, 160 px, eager)."""


MODES = (CostStep("keyframes", 2.0, 0.012), CostStep("substream", 15.0, 0.03), CostStep("all", 30.0, 0.12))
"""Of a 1080p camera, with two key frames a second and a substream."""
MICRO_KINDS = ("flat", "pooled", "flat-dw", "pooled-dw")
CALL_SECONDS = 0.0001
SLOT_SECONDS = 0.00002
"""Of a call of all micro-heads at a tap, and of each head in it."""
DEAR_BYTES = 10 << 20
"""Of a candidate that memory is short for: as a small network's layers of its own."""


def _share_above(threshold: float, mean: float) -> float:
    return 0.5 * (1.0 - erf((threshold - mean) / sqrt(2.0)))


def _points(apart: float, thresholds: int) -> tuple[OperatingPoint, ...]:
    levels = np.linspace(-0.5, apart + 1.0, thresholds)
    return tuple(
        OperatingPoint(float(i), _share_above(level, apart), _share_above(level, 0.0))
        for i, level in enumerate(levels.tolist())
    )


def random_app(
    rng: np.random.Generator,
    name: str,
    stem: list[Segment],
    head_s: list[float],
    thresholds: int,
    stream_fps: float,
) -> App:
    """An app whose classifier gets worse the more is frozen; candidate k hangs on `stem[k]`.

    Scores of events and of the rest are normal and apart by a distance that falls with depth.
    """
    best, worst = rng.uniform(1.5, 4.0), rng.uniform(0.2, 1.0)
    bend = rng.uniform(1.5, 6.0)
    candidates = []
    for k, segment in enumerate(stem):
        depth = k / max(len(stem) - 1, 1)
        apart = best - (best - worst) * depth**bend + rng.normal(0.0, 0.02)
        points = _points(apart, thresholds)
        candidates.append(Candidate(f"tuned-{k}", k, segment.key, head_s[k], 1_000_000, points))
    events = EventStatistics(
        length_s=float(rng.uniform(0.2, 5.0)),
        frequency=float(rng.uniform(0.05, 0.9)),
        correlation=float(rng.uniform(0.0, 0.9)),
    )
    return App(name, stream_fps, events, tuple(candidates))


def random_chain(rng: np.random.Generator, view: str, branch_points: int) -> tuple[list[Segment], list[float]]:
    """Input of a view and the segments of one base network below it, and what is left for a head after each."""
    shares = rng.dirichlet(np.full(branch_points, 2.0)) * BASE_SECONDS
    stem = [Segment(f"{view}/0", None, float(rng.uniform(0.0002, 0.001)), 5_000_000)]
    for k in range(1, branch_points):
        stem.append(Segment(f"{view}/{k}", stem[-1].key, float(shares[k - 1]), 1_000_000))
    rest = np.cumsum(shares[::-1])[::-1]
    return stem, [float(seconds) for seconds in rest]


def random_problem(
    seed: int,
    apps: int,
    *,
    branch_points: int = 15,
    thresholds: int = 20,
    stream_fps: float = 30.0,
    budget: float = 1.0,
    views: int = 1,
) -> Problem:
    """`apps` apps over `views` views of one base network, under a budget in CPU-seconds a second."""
    rng = np.random.default_rng(seed)
    chains = [random_chain(rng, f"view-{v}", branch_points) for v in range(views)]
    made = [
        random_app(rng, f"app-{i:03d}", *chains[i % views], thresholds=thresholds, stream_fps=stream_fps)
        for i in range(apps)
    ]
    segments = tuple(segment for stem, _ in chains for segment in stem)
    return Problem(tuple(made), segments, budget)


def with_micro_heads(problem: Problem, seed: int) -> Problem:
    """The problem with `MICRO_KINDS` at the branch-points of every app's candidates, and the calls that they run in."""
    rng = np.random.default_rng(seed)
    calls: dict[str, Segment] = {}
    apps = []
    for app in problem.apps:
        best, deepest = rng.uniform(1.2, 3.5), app.candidates[-1].branch_point
        heads = []
        for tuned in app.candidates:
            for kind in MICRO_KINDS:
                apart = best * (0.5 + 0.5 * min(1.0, 1.5 * tuned.branch_point / max(deepest, 1))) + rng.normal(0.0, 0.1)
                key = f"{tuned.segment}+{'micro-dw' if kind.endswith('dw') else 'micro'}"
                calls.setdefault(key, Segment(key, tuned.segment, CALL_SECONDS))
                points = _points(apart, len(tuned.operating_points))
                name = f"{kind}-{tuned.branch_point}"
                heads.append(Candidate(name, tuned.branch_point, key, SLOT_SECONDS, 40_000, points, kind="micro"))
        apps.append(replace(app, candidates=(*app.candidates, *heads)))
    return replace(problem, apps=tuple(apps), segments=(*problem.segments, *calls.values()))


def with_cameras(problem: Problem, seed: int) -> Problem:
    """The problem with a camera above every view, to be decoded in one of `MODES`; costs differ by camera."""
    rng = np.random.default_rng(seed)
    segments = []
    for segment in problem.segments:
        if segment.parent is None:
            scale = rng.uniform(0.5, 2.0)
            steps = tuple(replace(mode, cost=mode.cost * scale) for mode in MODES)
            segments.append(Segment(f"camera of {segment.key}", steps=steps))
            segments.append(replace(segment, parent=segments[-1].key))
        else:
            segments.append(segment)
    return replace(problem, segments=tuple(segments))


def alike_cameras(cameras: int, apps_on_each: int) -> Problem:
    """Apps at cameras of which either all frames are decoded, at a sixteenth of the budget, or next to nothing: what is
    best gives some cameras all frames and the others none, though nothing tells them apart.
    """
    steps = (CostStep("keyframes", 0.5, 0.002), CostStep("all", 14.0, 0.058))
    events = EventStatistics(length_s=2.0, frequency=0.1, correlation=0.0)
    segments: list[Segment] = []
    apps: list[App] = []
    for camera in (f"camera-{number}" for number in range(cameras)):
        stem = f"{camera}/stem"
        segments += [Segment(camera, None, 0.0, steps=steps), Segment(stem, camera, 0.001)]
        for number in range(apps_on_each):
            points = tuple(OperatingPoint(t, p - 0.01 * number, e) for t, p, e in ((0.3, 0.9, 0.1), (0.6, 0.7, 0.01)))
            candidate = Candidate("micro", 5, stem, 1e-6, operating_points=points)
            apps.append(App(f"{camera}-app-{number}", 14.0, events, (candidate,)))
    return Problem(tuple(apps), tuple(segments), budget=1.0)


def with_short_memory(problem: Problem, share: float) -> Problem:
    """The problem with another candidate for each app, better and of `DEAR_BYTES`, and memory for a share of them."""

    def better(app: App) -> App:
        first = app.candidates[0]
        points = tuple(replace(point, p=min(0.99, point.p + 0.08)) for point in first.operating_points)
        dear = replace(first, name="dear", kind="fine-tuned", operating_points=points, head_bytes=DEAR_BYTES)
        return replace(app, candidates=(*app.candidates, dear))

    memory_bytes = int(share * len(problem.apps) * DEAR_BYTES)
    return replace(problem, apps=tuple(better(app) for app in problem.apps), memory_bytes=memory_bytes)
