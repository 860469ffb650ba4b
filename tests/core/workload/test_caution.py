from collections.abc import Sequence

import numpy as np
import pytest

from mainstream.alerts.law import as_replay
from mainstream.alerts.merging import MergedEvents, merged_events
from mainstream.laws.chain import EventStatistics
from mainstream.mpackage.curve import ReplayedCurve, ReplayedRate
from mainstream.mpackage.manifest import Evaluation, MeasuredPoint
from mainstream.planner.problem import OperatingPoint, ReplayedPoint
from mainstream.planner.replays import ReplayedPoints
from mainstream.workload.caution import cautious, cautious_replays, cautious_rows
from mainstream.workload.node_workload import NodeWorkload

EVENTS = merged_events(EventStatistics(2.0, 0.1, 0.2))


def measured(p: float, e: float) -> MeasuredPoint:
    return MeasuredPoint(threshold=0.8, p=p, e=e, p_interval=(0, 1), e_interval=(0, 1))


def held_out(blocks: float) -> Evaluation:
    frames = int(20 * blocks)
    return Evaluation(frames_event=frames, frames_other=frames, block_frames=20, events=1, quiet_s=1)


def test_no_false_hit_on_little_video_is_not_taken_for_none_ever() -> None:
    # Three blocks without a false hit, two more at chance (.8 + 0) / 2: (0 * 3 + .4 * 2) / 5.
    assert cautious(measured(0.8, 0.0), held_out(3)).e == pytest.approx(0.16)


def test_much_video_is_taken_at_its_word() -> None:
    point = cautious(measured(0.8, 0.02), held_out(2000))
    assert (point.p, point.e) == pytest.approx((0.8, 0.02), abs=1e-3)


def test_no_video_at_all_promises_nothing() -> None:
    point = cautious(measured(1.0, 0.0), held_out(0))
    assert point.p == point.e


def test_caution_never_turns_a_classifier_around() -> None:
    point = cautious(measured(0.9, 0.3), held_out(1))
    assert 0.3 < point.e < point.p < 0.9


def replayed(recall: float, false_share: float) -> ReplayedRate:
    return ReplayedRate(threshold=0.8, fps=5, votes=2, recall=recall, false_share=false_share)


def believed(point: ReplayedRate, evaluation: Evaluation, *points: OperatingPoint) -> ReplayedPoint:
    (found,) = told([point], points or (UNKNOWN,), evaluation)
    return found


def told(
    replay: Sequence[ReplayedRate],
    points: Sequence[OperatingPoint],
    evaluation: Evaluation,
    events: MergedEvents = EVENTS,
) -> ReplayedPoints:
    return ReplayedPoints(cautious_rows(ReplayedCurve.of(replay).numbers(), points, evaluation, events, 0.2))


UNKNOWN = OperatingPoint(threshold=0.4, p=0.5, e=0.5)
"""at another threshold, so that the law says nothing of what was replayed"""
FEW = Evaluation(frames_event=300, frames_other=300, block_frames=20, events=8, quiet_s=60)
PICTURES = Evaluation(frames_event=38, frames_other=198, block_frames=1, events=0, quiet_s=0)


def test_a_replay_of_few_events_is_not_taken_at_its_word() -> None:
    point = believed(replayed(1.0, 0.0), FEW)
    # Eight events found, two more at chance (1 + 0) / 2: (1 * 8 + .5 * 2) / 10. Of 60 s outside events 8 gaps of 2 s
    # belong to open alerts and 8 * .5 s to tolerances; the other 40 s are 20 stretches: (0 * 20 + .5 * 2) / 22.
    assert (point.recall, point.false_share) == pytest.approx((0.9, 1 / 22))
    assert (point.threshold, point.fps, point.votes) == (0.8, 5, 2)


def test_a_replay_is_believed_beside_eight_observations_of_what_the_law_says() -> None:
    at = OperatingPoint(threshold=0.8, p=0.6, e=0.05)
    recall, share = as_replay(np.array([0.6]), np.array([0.05]), np.array([5.0]), np.array([2]), EVENTS, 0.2)
    point = believed(replayed(1.0, 0.0), FEW, UNKNOWN, at)
    assert point.recall == pytest.approx((8 + 8 * recall.item() + 2 * 0.5) / 18)
    assert point.false_share == pytest.approx((8 * share.item() + 2 * 0.5) / 30)
    assert 0.0 < share.item() < recall.item() < 1.0


def test_what_is_believed_matches_the_golden_numbers() -> None:
    point = believed(ReplayedRate(0.8, 5, 3, 1.0, 0.0), FEW, OperatingPoint(threshold=0.8, p=0.9, e=0.02))
    assert (point.recall, point.false_share) == pytest.approx((0.939498098, 0.035274155), abs=1e-8)


def test_of_many_events_the_replay_is_believed_whatever_the_law_says() -> None:
    many = Evaluation(frames_event=9**9, frames_other=9**9, block_frames=20, events=10**5, quiet_s=10**7)
    point = believed(replayed(0.7, 0.2), many, OperatingPoint(threshold=0.8, p=0.05, e=0.05))
    assert (point.recall, point.false_share) == pytest.approx((0.7, 0.2), abs=1e-3)


def test_votes_that_short_events_cannot_give_are_not_believed_for_a_lucky_replay() -> None:
    """Five votes at 5 frames a second need an event of .8 s; half of these are shorter, and one replay found all."""
    mixed = merged_events(EventStatistics(1.0, 0.1, 0.2, lengths_s=(0.5,) * 4 + (1.5,) * 4))
    replay = [ReplayedRate(0.8, 5, votes, 1.0, 0.0) for votes in (1, 5)]
    one, five = told(replay, [OperatingPoint(threshold=0.8, p=0.9, e=0.001)], FEW, mixed)
    assert one.recall - five.recall > 0.2


def test_a_replay_of_streams_made_of_pictures_weighs_the_pictures() -> None:
    point = believed(replayed(1.0, 0.0), PICTURES)
    assert (point.recall, point.false_share) == pytest.approx((39 / 40, 1 / 200))


def test_a_package_that_would_keep_the_law_busy_is_believed_without_it(workload: NodeWorkload) -> None:
    package = workload.apps[0].package
    curve = ReplayedCurve.of([replayed(1.0, 0.1)])
    points = tuple(measured(0.6, 0.05).model_copy(update={"threshold": i / 256}) for i in range(256))
    one = package.candidates[0].model_copy(
        update={"replayed": curve, "operating_points": (*points[:-1], measured(0.6, 0.05)), "evaluation": FEW}
    )
    few, many = (package.model_copy(update={"candidates": (one,) * count}) for count in (1, 30))
    assert cautious_replays(one, few)[0].recall < cautious_replays(one, many)[0].recall == pytest.approx(0.91)


def test_a_curve_of_thousands_of_rates_is_believed_as_one_of_few() -> None:
    rates = [0.1 + i / 100 for i in range(3000)] + [1e300]
    replay = [ReplayedRate(0.8, fps, 2, 0.9, 0.1) for fps in rates]
    points = told(replay, [OperatingPoint(threshold=0.8, p=0.6, e=0.05)], FEW)
    assert [point.fps for point in points] == rates
    assert all(0.0 < point.false_share < point.recall < 1.0 for point in points)


def test_what_is_kept_of_a_curve_holds_for_no_other_candidate(workload: NodeWorkload) -> None:
    package = workload.apps[0].package
    candidate = package.candidates[0].model_copy(update={"replayed": ReplayedCurve.of([replayed(1.0, 0.1)])})
    more = candidate.model_copy(update={"evaluation": candidate.evaluation.model_copy(update={"events": 1000})})
    shorter = package.event_statistics.model_copy(update={"merge_gap_s": 0.5})
    other_curve = candidate.model_copy(update={"replayed": ReplayedCurve.of([replayed(0.5, 0.1)])})
    found = cautious_replays(candidate, package)
    assert cautious_replays(candidate, package) is found
    assert cautious_replays(more, package)[0].recall > found[0].recall
    with_gap = package.model_copy(update={"event_statistics": shorter})
    assert cautious_replays(candidate, with_gap)[0].false_share != found[0].false_share
    assert cautious_replays(other_curve, package)[0].recall < found[0].recall
