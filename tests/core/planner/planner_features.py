"""Small random problems that together have every feature: weights, minima, trees, memory, switching, pins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mainstream.laws.chain import EventStatistics
from mainstream.laws.cost import CostStep, Segment
from mainstream.planner import (
    App,
    Candidate,
    Objective,
    OperatingPoint,
    Pin,
    Problem,
    ReplayedPoint,
    Running,
    Switching,
    solve,
)


def _forest(rng: np.random.Generator) -> tuple[list[list[Segment]], list[Segment]]:
    """One to three trees (bases, views), each a chain; two views of one base have their weights in common.

    Some have a camera above them, which can be decoded in several ways, and which two trees may have in common.
    """
    chains = []
    camera = Segment("camera", None, float(rng.uniform(0.0, 0.001)), steps=_steps(rng))
    for tree in range(int(rng.integers(1, 4))):
        base = int(rng.integers(0, 2))
        above = camera.key if rng.random() < 0.4 else None
        chain = [Segment(f"t{tree}/in", above, float(rng.uniform(0.0, 0.002)), 500 + 300 * base, f"work-{base}")]
        for k in range(1, int(rng.integers(2, 6))):
            size = 100 * (k + 3 * base)
            seconds = float(rng.uniform(0.001, 0.02))
            chain.append(Segment(f"t{tree}/{k}", chain[-1].key, seconds, size, f"base-{base}/{k}"))
        chains.append(chain)
    return chains, [camera]


def _steps(rng: np.random.Generator) -> tuple[CostStep, ...]:
    """Key frames, some frames, all frames; now and then one that costs more than a faster one."""
    costs = np.cumsum(rng.uniform(0.0, 0.06, 3)) * rng.choice([1.0, 1.0, 1.0, -0.2], 3)
    rates = (float(rng.choice([0.5, 2.0])), 3.0, 8.0)
    return tuple(
        CostStep(name, fps, abs(float(cost)))
        for name, fps, cost in zip(("keyframes", "reference", "all"), rates, costs, strict=True)
    )


def _candidate(rng: np.random.Generator, name: str, point: int, segment: str | None, rest: float) -> Candidate:
    apart = 3.0 - 0.4 * point + rng.normal(0.0, 0.2)
    points = []
    for t in range(int(rng.integers(1, 4))):
        p, e = (1.0 / (1.0 + np.exp(-(shift - t + 0.5))) for shift in (apart, -apart))
        points.append(OperatingPoint(float(t), float(p), float(e)))
    replayed = tuple(
        ReplayedPoint(0.5, fps, votes, float(0.9 - 0.5 / (1.0 + fps) - 0.05 * votes), float(0.3 / (1.0 + fps) / votes))
        for fps in (1.0, 4.0)
        for votes in (1, 2)
        if rng.random() < 0.8
    )
    use_replay = rng.random() < 0.15 and bool(replayed)
    size = int(rng.integers(50, 400))
    head_s = rest + float(rng.uniform(0.0005, 0.004))
    return Candidate(name, point, segment, head_s, size, tuple(points), replayed * use_replay)


def _micro_heads(rng: np.random.Generator, point: int, tap: str) -> tuple[list[Segment], list[Candidate]]:
    """Calls at a tap as leaf segments, each with some of the micro-heads that would run in it."""
    calls, heads = [], []
    for form in ("flat", "pooled"):
        if rng.random() < 0.5:
            calls.append(Segment(f"{tap}/{form}", tap, float(0.002 + 0.004 * (hash_of(tap + form) % 7) / 7), 30))
            for width in range(8, 8 * int(rng.integers(2, 4)), 8):
                head = _candidate(rng, f"{form}-{width}-{point}", point, calls[-1].key, 0.0)
                heads.append(replace(head, head_s=head.head_s / 20, kind="micro"))
    return calls, heads


def hash_of(text: str) -> int:
    """The same in every process, so that apps agree on what a segment costs."""
    return sum(text.encode())


def _app(
    rng: np.random.Generator, name: str, chain: list[Segment], private: list[Segment]
) -> tuple[App, list[Segment]]:
    """With the calls that its micro-heads run in, which other apps' may run in too."""
    stem = chain + private
    seconds = [segment.seconds for segment in chain]
    candidates, calls = [], []
    micro = rng.random() < 0.5
    for k, segment in enumerate(stem):
        if micro and k < len(chain) and rng.random() < 0.5:
            found = _micro_heads(rng, k, segment.key)
            calls += found[0]
            candidates += found[1]
        if k in (0, len(chain) - 1) or rng.random() < 0.7:
            rest = sum(seconds[k + 1 :]) if k < len(chain) else 0.0
            candidates.append(_candidate(rng, f"tuned-{k}", k, segment.key, rest))
    stream_fps = float(rng.choice([5.0, 8.0]))
    rates = None if rng.random() < 0.5 else tuple(float(f) for f in rng.choice([0.5, 1, 2, 3, 4, 5], 3, replace=False))
    objective = Objective(*[("f1", 1.0), ("f1", 1.0), ("f-beta", 2.0), ("recall", 1.0)][int(rng.integers(0, 4))])
    events = EventStatistics(float(rng.uniform(0.3, 4.0)), float(rng.uniform(0.1, 0.9)), float(rng.uniform(0.0, 1.0)))
    weight = float(rng.choice([1.0, 1.0, 0.5, 3.0]))
    return App(name, stream_fps, events, tuple(candidates), rates, (1, 2, 3), weight, objective), calls


def feature_problem(seed: int) -> Problem:
    """A problem of 2 to 6 apps; which features it has depends on the seed."""
    rng = np.random.default_rng(seed)
    chains, cameras = _forest(rng)
    segments = [*cameras, *(segment for chain in chains for segment in chain)]
    apps: list[App] = []
    for i in range(int(rng.integers(2, 7))):
        chain = chains[int(rng.integers(0, len(chains)))]
        private: list[Segment] = []
        if rng.random() < 0.4:  # a tenant's own stem, which its next app may share
            private = [Segment(f"own-{i // 2}-{chain[0].key}", chain[-1].key, float(rng.uniform(0.001, 0.01)), 80)]
            known = [segment for segment in segments if segment.key == private[0].key]
            private = known or private
            segments += [] if known else private
        app, calls = _app(rng, f"app-{i}", chain, private)
        apps.append(app)
        known_keys = {segment.key for segment in segments}
        segments += [call for call in calls if call.key not in known_keys]
    problem = Problem(tuple(apps), tuple(segments), 1e6, overhead=float(rng.uniform(0.0, 0.05)))
    free = solve(problem, gap=1e-9)
    budget = problem.overhead + (free.cost.total - problem.overhead) * float(rng.uniform(0.1, 0.9))
    problem = replace(problem, budget=budget)
    return _limited(rng, problem, free.cost.memory_bytes)


def _limited(rng: np.random.Generator, problem: Problem, memory_bytes: int) -> Problem:
    plan = solve(problem, gap=1e-9)
    if rng.random() < 0.4:
        problem = replace(problem, memory_bytes=int(memory_bytes * rng.uniform(0.6, 1.1)))
    if rng.random() < 0.4:
        running = []
        for app in problem.apps:
            candidate = app.candidates[int(rng.integers(0, len(app.candidates)))]
            if rng.random() < 0.8:
                fps = app.allowed_rates[int(rng.integers(0, min(3, len(app.allowed_rates))))]
                running.append(Running(app.name, candidate.name, fps))
        problem = replace(problem, running=tuple(running), switching=Switching(0.03, 0.01))
        if rng.random() < 0.6:
            problem = replace(problem, max_changes=int(rng.integers(0, len(problem.apps) + 1)))
    if rng.random() < 0.3:
        app = problem.apps[0]
        point = app.candidates[int(rng.integers(0, len(app.candidates)))].name
        fps = app.allowed_rates[0] if rng.random() < 0.5 else None
        problem = replace(problem, pins=(Pin(app.name, point if fps is None else None, fps, votes=1),))
    if rng.random() < 0.4:
        lower = []
        for app, got in zip(problem.apps, plan.apps, strict=True):
            asked = rng.random() < 0.4 and app.name not in {pin.app for pin in problem.pins}
            minimum = round(got.value * float(rng.uniform(0.5, 1.0)), 6) if asked else None
            lower.append(replace(app, objective=replace(app.objective, minimum=minimum)))
        problem = replace(problem, apps=tuple(lower))
    return problem
