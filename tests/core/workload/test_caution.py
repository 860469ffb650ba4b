import pytest

from mainstream.alerts.merging import merged_events
from mainstream.laws.chain import EventStatistics
from mainstream.mpackage.curve import ReplayedCurve, ReplayedRate
from mainstream.mpackage.manifest import Evaluation, MeasuredPoint
from mainstream.workload.caution import cautious, cautious_replay, cautious_replays
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


def test_a_replay_of_few_events_is_not_taken_at_its_word() -> None:
    few = Evaluation(frames_event=300, frames_other=300, block_frames=20, events=8, quiet_s=60)
    point = cautious_replay(replayed(1.0, 0.0), few, EVENTS)
    # Eight events found, two more at chance (1 + 0) / 2: (1 * 8 + .5 * 2) / 10. Of 60 s outside events 8 gaps of 2 s
    # belong to open alerts and 8 * .5 s to tolerances; the other 40 s are 20 stretches: (0 * 20 + .5 * 2) / 22.
    assert (point.recall, point.false_share) == pytest.approx((0.9, 1 / 22))
    assert (point.threshold, point.fps, point.votes) == (0.8, 5, 2)


def test_a_replay_of_streams_made_of_pictures_weighs_the_pictures() -> None:
    pictures = Evaluation(frames_event=38, frames_other=198, block_frames=1, events=0, quiet_s=0)
    point = cautious_replay(replayed(1.0, 0.0), pictures, EVENTS)
    assert (point.recall, point.false_share) == pytest.approx((39 / 40, 1 / 200))


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
