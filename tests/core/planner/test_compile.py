"""What the search is given of an app with as many candidates and rates as one may have."""

import tracemalloc

import numpy as np
import pytest

from mainstream.laws.chain import EventStatistics
from mainstream.laws.cost import Segment
from mainstream.planner import App, Candidate, OperatingPoint, Problem
from mainstream.planner.compile import compile_problem
from mainstream.planner.tables.options import OptionTable

MOST_BYTES = 64 << 20


def table_of(app: App, value: np.ndarray) -> OptionTable:
    rates = np.array(app.allowed_rates)
    return OptionTable(app, rates, value, value, value, value, value, value.astype(np.int64))


def app_of(candidates: int, fps: float, segments: int) -> App:
    point = (OperatingPoint(0.5, 0.9, 0.1),)
    made = (Candidate(f"tuned-{k}", k, f"s{k % segments}", 0.001 * (1 + k % 20), 1, point) for k in range(candidates))
    return App("door", fps, EventStatistics(1.0, 0.1, 0.1), tuple(made))


def test_an_app_at_its_bounds_takes_a_few_mebibytes_to_state() -> None:
    app = app_of(256, 240.0, 20)
    segments = tuple(Segment(f"s{s}", None if s == 0 else f"s{s - 1}", 0.001, 10) for s in range(20))
    value = np.random.default_rng(0).random((256, len(app.allowed_rates)))
    tracemalloc.start()
    compile_problem(Problem((app,), segments, 1.0, memory_bytes=1000), [table_of(app, value)], 1.0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MOST_BYTES


@pytest.mark.parametrize("seed", range(20))
def test_what_is_left_out_is_beaten_by_something_that_is_left(seed: int) -> None:
    chance = np.random.default_rng(seed)
    app = app_of(6, 4.0, 3)
    parents = [None if s == 0 or chance.random() < 0.3 else f"s{chance.integers(s)}" for s in range(3)]
    segments = tuple(Segment(f"s{s}", parent, 0.001, 10) for s, parent in enumerate(parents))
    value = np.round(chance.random((6, len(app.allowed_rates))), 1)
    instance = compile_problem(Problem((app,), segments, 1.0), [table_of(app, value)], 1.0)
    left = set(zip(instance.options.candidate.tolist(), instance.options.rate.tolist(), strict=True))
    above = {each.key: each.parent for each in segments}

    def stem(candidate: Candidate) -> set[str]:
        found, key = set(), candidate.segment
        while key is not None:
            found.add(key)
            key = above[key]
        return found

    def beats(one: tuple[int, int], other: tuple[int, int]) -> bool:
        (k, f), (j, g) = one, other
        mine, its = app.candidates[k], app.candidates[j]
        rates = app.allowed_rates
        cheaper = mine.head_s * rates[f] <= its.head_s * rates[g] + 1e-12
        return value[one] >= value[other] and f <= g and cheaper and stem(mine) <= stem(its)

    everything = [(k, f) for k in range(6) for f in range(len(app.allowed_rates))]
    gone = [each for each in everything if each not in left]
    assert gone
    assert all(any(beats(one, other) for one in left) for other in gone)
