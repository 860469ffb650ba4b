"""Option tables, which predict many choices in one walk, hold what the plain law gives of each choice alone."""

from dataclasses import replace
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstream.alerts.merging import MergedEvents, merged_events
from mainstream.alerts.spans import tolerance_s
from mainstream.errors import InvalidInputError
from mainstream.laws.chain import EventStatistics
from mainstream.planner import App, Candidate, Objective, OperatingPoint, Pin, Problem, ReplayedPoint, solve
from mainstream.planner.tables import options as options_module
from mainstream.planner.tables.options import LEAST_RECALL, MOST_OPEN, OptionTable, fresh_table

RATES = (0.1, 0.5, 1.0, 3.0, 7.0)
shares = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0.0, 1.0), st.floats(1e-9, 1e-3))


def chance_of_a_run(p: float, frames: float, votes: int, correlation: float) -> float:
    """R(p; N, X) by the chain's transition matrix, as docs/design.md writes the chain down."""
    whole = int(np.floor(frames))
    part = frames - whole
    step = np.zeros((votes + 1, votes + 1))
    step[:votes, 0] = (1.0 - p) * (1.0 - correlation)
    step[0, 0] = (1.0 - p) + correlation * p
    for run in range(votes):
        step[run, run + 1] = 1.0 - step[run, 0]
    step[votes, votes] = 1.0
    first = np.zeros(votes + 1)
    first[0], first[1] = 1.0 - p, p
    found = [0.0 if n < 1 else (first @ np.linalg.matrix_power(step, n - 1))[votes] for n in (whole, whole + 1)]
    return float((1.0 - part) * found[0] + part * found[1])


def plain_law(point: OperatingPoint, fps: float, votes: int, events: MergedEvents, rho: float) -> tuple[float, ...]:
    """Recall, false alerts for each event, and the share of quiet time, or of its looks, in which an alert is open."""

    def seen(event_s: float) -> float:
        return chance_of_a_run(point.p, fps * event_s, votes, rho)

    alarmed = float(np.mean([1.0 - prod(1.0 - seen(piece) for piece in event.pieces_s) for event in events.events]))
    frames = int(np.floor(fps * events.gap_s + 1e-9))
    quiet = chance_of_a_run(point.e, frames + votes - 1, votes, rho)
    opens = chance_of_a_run(point.e, frames + votes, votes, rho) - quiet
    late_s = tolerance_s(events.length_s)
    between_s = max(events.gap_s, events.length_s * (1.0 - events.frequency) / events.frequency)
    false = fps * opens * max(0.0, between_s - alarmed * events.gap_s - late_s)
    deciding = point.e * (point.e + rho * (1.0 - point.e)) ** (votes - 1)
    return min(1.0, alarmed * (1.0 - quiet) + fps * late_s * opens), false, max(quiet, deciding)


def value_of(objective: Objective, recall: float, false: float) -> float:
    precision = recall / (recall + false) if recall + false > 0.0 else 0.0
    if objective.metric == "recall":
        return recall
    if objective.metric == "precision":
        return precision if recall >= LEAST_RECALL else 0.0
    weight = objective.beta**2 if objective.metric == "f-beta" else 1.0
    below = weight * precision + recall
    return (1.0 + weight) * precision * recall / below if below > 0.0 else 0.0


@st.composite
def apps(draw: st.DrawFn) -> App:
    lengths = tuple(draw(st.lists(st.floats(0.05, 20.0), max_size=3)))
    gap_s = draw(st.one_of(st.none(), st.floats(0.05, 20.0)))
    events = EventStatistics(
        float(np.mean(lengths)) if lengths else draw(st.floats(0.05, 20.0)),
        draw(st.floats(0.01, 1.0)),
        draw(shares),
        lengths,
        gap_s,
    )
    if draw(st.booleans()):
        pauses = draw(st.lists(st.floats(0.1, 30.0), min_size=1, max_size=4))
        ends = np.cumsum([pause + 2.5 for pause in pauses])
        runs = tuple((float(end) - 2.5 + 0.3 * i, float(end)) for i, end in enumerate(ends.tolist()))
        events = replace(events, runs_s=runs, footage_s=float(ends[-1]) + 30.0)
    candidates = tuple(
        Candidate(
            f"tuned-{k}",
            k,
            None,
            0.01,
            1,
            tuple(OperatingPoint(0.1 * t, draw(shares), draw(shares)) for t in range(count)),
        )
        for k, count in enumerate(draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    )
    objective = Objective(draw(st.sampled_from(["f1", "f-beta", "recall", "precision"])), draw(st.floats(0.2, 4.0)))
    votes = tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=3, unique=True)))
    return App("door", 7.0, events, candidates, rates=RATES, votes=votes, objective=objective)


@settings(max_examples=60, deadline=None)
@given(app=apps(), at_once=st.sampled_from([1, 4, 320]))
def test_a_table_holds_the_best_by_the_plain_law(app: App, at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(options_module, "POINTS_AT_ONCE", at_once)
        table = fresh_table(app)
    events, rho = merged_events(app.events), app.events.correlation
    for k, candidate in enumerate(app.candidates):
        for f, fps in enumerate(RATES):
            given_ = {
                (votes, point.threshold): plain_law(point, fps, votes, events, rho)
                for votes in app.votes
                for point in candidate.operating_points
            }
            allowed = [
                value_of(app.objective, recall, false)
                for recall, false, open_share in given_.values()
                if open_share <= MOST_OPEN
            ]
            unsure = any(
                abs(open_share - MOST_OPEN) < 1e-9 or abs(recall - LEAST_RECALL) < 1e-9
                for recall, _, open_share in given_.values()
            )
            best = max(allowed, default=-1.0)
            assert unsure or table.value[k, f] == pytest.approx(best, abs=1e-9)
            if best >= 0.0 and not unsure:
                _holds(table, k, f, best, given_)


def _holds(table: OptionTable, k: int, f: int, best: float, given_: dict[tuple[int, float], tuple[float, ...]]) -> None:
    recall, false, open_share = given_[int(table.votes[k, f]), float(table.threshold[k, f])]
    assert open_share <= MOST_OPEN + 1e-9
    assert table.recall[k, f] == pytest.approx(recall, abs=1e-9)
    assert value_of(table.app.objective, recall, false) == pytest.approx(best, abs=1e-9)


NEARLY_ALWAYS = EventStatistics(2.0, 0.66, 0.2)
"""events for so much of the time that the law allows no false alerts between them"""
ALWAYS_ON = OperatingPoint(0.02, 1.0, 0.97)
SOUND = OperatingPoint(0.6, 0.8, 0.01)


@pytest.mark.parametrize("metric", ["f1", "f-beta", "recall", "precision"])
@pytest.mark.parametrize("frequency", [0.1, 0.5, 0.66, 0.99])
def test_what_is_on_for_most_of_the_quiet_time_is_never_chosen(metric: str, frequency: float) -> None:
    app = App(
        "door",
        10.0,
        replace(NEARLY_ALWAYS, frequency=frequency),
        (Candidate("tuned-0", 0, None, 0.01, 1, (ALWAYS_ON, SOUND)),),
        objective=Objective(metric),  # type: ignore[arg-type]
    )
    table = fresh_table(app)
    assert (table.value >= 0.0).all()
    assert (table.threshold == SOUND.threshold).all()
    got = solve(Problem((app,), (), 1.0)).apps[0]
    assert got.threshold == SOUND.threshold
    assert got.recall > LEAST_RECALL


def test_a_replay_of_what_decides_on_most_quiet_frames_is_never_chosen() -> None:
    # Played, one everlasting alert opens in the one event of three that comes first: it is never wrong.
    replayed = (ReplayedPoint(0.02, 5.0, 1, 1 / 3, 0.0), ReplayedPoint(0.6, 5.0, 1, 0.9, 0.01))
    candidate = Candidate("tuned-0", 0, None, 0.01, 1, (ALWAYS_ON, SOUND), replayed)
    app = App("door", 10.0, NEARLY_ALWAYS, (candidate,), (5.0,), (1,), objective=Objective("precision"))
    assert solve(Problem((app,), (), 1.0)).apps[0].threshold == SOUND.threshold


def test_an_app_that_can_only_be_on_is_named_with_the_way_out() -> None:
    app = App("door", 10.0, NEARLY_ALWAYS, (Candidate("tuned-0", 0, None, 0.01, 1, (ALWAYS_ON,)),), (5.0,), (1,))
    with pytest.raises(InvalidInputError, match=r"app 'door'.*on for more than half .*; allow more") as caught:
        solve(Problem((app,), (), 1.0))
    assert caught.value.field == "apps[0].candidates"
    sound = replace(app, candidates=(Candidate("tuned-0", 0, None, 0.01, 1, (ALWAYS_ON, SOUND)),))
    with pytest.raises(InvalidInputError, match="loosen the pin") as caught:
        solve(Problem((sound,), (), 1.0, pins=(Pin("door", threshold=ALWAYS_ON.threshold),)))
    assert caught.value.field == "pins[0]"


def test_precision_is_worth_nothing_where_nothing_is_found() -> None:
    deaf, sound = OperatingPoint(0.9, 0.001, 0.0), OperatingPoint(0.6, 0.8, 0.01)
    app = App(
        "door", 10.0, replace(NEARLY_ALWAYS, frequency=0.1), (Candidate("tuned-0", 0, None, 0.01, 1, (sound, deaf)),)
    )
    got = solve(Problem((replace(app, objective=Objective("precision")),), (), 1.0)).apps[0]
    assert got.threshold == sound.threshold
    assert got.recall >= LEAST_RECALL
