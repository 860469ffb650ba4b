"""Nine times in ten, the F1 of alerts lies where the planner says."""

from dataclasses import replace

import numpy as np
import pytest

from mainstream.alerts.certainty import share_interval
from mainstream.laws.chain import EventStatistics
from mainstream.planner import App, Candidate, OperatingPoint, Plan, Problem, ReplayedPoint, solve

EVENTS = EventStatistics(length_s=2.0, frequency=0.1, correlation=0.2)
STRETCHES_AN_EVENT = 8.75
"""quiet ones of a merge gap (2 s) in which a false alert may open: 18 s between events less .5 s of tolerance"""


def planned(candidate: Candidate, **changes: object) -> Plan:
    app = App("door", 10.0, EVENTS, (candidate,), rates=(5.0,), votes=(1,))
    return solve(Problem((replace(app, **changes),), (), 1.0))  # type: ignore[arg-type]


def replay(recall: float, false_share: float, events: float, stretches: float) -> Candidate:
    point = ReplayedPoint(0.5, 5.0, 1, recall, false_share)
    points = (OperatingPoint(0.5, 0.9, 0.001),)
    return Candidate("flat-9", 9, None, 0.01, 1, points, (point,), observed_events=events, observed_stretches=stretches)


@pytest.mark.parametrize(("events", "stretches"), [(12, 60), (30, 150), (100, 900)])
@pytest.mark.parametrize(("recall", "false_share"), [(0.9, 0.02), (0.7, 0.1)])
def test_the_interval_holds_nine_times_in_ten(recall: float, false_share: float, events: int, stretches: int) -> None:
    rng = np.random.default_rng(events)
    true = planned(replay(recall, false_share, 1.0, 1.0)).apps[0].f1
    held = 0
    for _ in range(200):
        found = float(rng.binomial(events, recall)) / events
        opened = float(rng.binomial(stretches, false_share)) / stretches
        low, high = planned(replay(found, opened, events, stretches)).apps[0].f1_interval or (0.0, 0.0)
        held += low <= true <= high
    assert 0.85 <= held / 200 <= 0.99


def test_the_wider_of_counts_and_of_the_intervals_of_p_and_e_is_told() -> None:
    sure = OperatingPoint(0.5, 0.8, 0.01, (0.79, 0.81), (0.009, 0.011))
    doubtful = replace(sure, p_interval=(0.3, 1.0), e_interval=(0.0, 0.1))

    def width(point: OperatingPoint, events: float) -> float:
        stretches = STRETCHES_AN_EVENT * events
        counted = Candidate("tuned-0", 0, None, 0.01, 1, (point,), (), "fine-tuned", events, stretches)
        low, high = planned(counted).apps[0].f1_interval or (0.0, 0.0)
        return high - low

    assert width(sure, 10) > width(sure, 1000)
    assert width(doubtful, 1000) > 3 * width(sure, 1000)
    assert width(doubtful, 10) >= width(doubtful, 1000)


def test_what_is_predicted_lies_within_and_a_doubt_lowers_all_of_it() -> None:
    candidate = replay(0.8, 0.05, 20, 100)
    app, doubted = planned(candidate).apps[0], planned(candidate, trust=0.5).apps[0]
    low, high = app.f1_interval or (0.0, 0.0)
    assert 0.0 <= low < app.f1 < high <= 1.0
    assert doubted.f1_interval == pytest.approx((low / 2, high / 2))
    assert f"F1 {app.f1:.2f} ({low:.2f} to {high:.2f})" in app.why


def test_nothing_is_told_where_it_is_not_known_on_how_much_was_measured() -> None:
    candidate = replace(replay(0.8, 0.05, 20, 100), observed_events=None)
    assert planned(candidate).apps[0].f1_interval is None


def test_an_interval_narrower_than_one_of_95_percent() -> None:
    wide, narrow = share_interval(0.8, 50), share_interval(0.8, 50, 1.6449)
    assert wide[0] < narrow[0] < 0.8 < narrow[1] < wide[1]
