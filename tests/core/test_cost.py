"""The cost law on plans that can be added up by hand (docs/design.md, "Cost")."""

import pytest

from mainstream.laws.cost import CostStep, Load, Segment, chain_of, cost_of

ROOT = Segment("view/in", None, 0.001, 100)
STEM = Segment("view/a", "view/in", 0.01, 2000)
OTHER_VIEW = Segment("other/a", None, 0.01, 2000, weights="view/a")
SEGMENTS = {segment.key: segment for segment in (ROOT, STEM, OTHER_VIEW)}


def load(app: str, key: str | None, head_s: float, fps: float, head_bytes: int = 10) -> Load:
    return Load(app, chain_of(SEGMENTS, key), head_s, head_bytes, fps)


def test_a_segment_runs_at_the_rate_of_the_fastest_app_beyond_it() -> None:
    cost = cost_of([load("fast", "view/in", 0.02, 5.0), load("slow", "view/a", 0.005, 2.0)], overhead=0.1)
    assert {s.key: s.fps for s in cost.segments} == {"view/in": 5.0, "view/a": 2.0}
    assert cost.heads == {"fast": pytest.approx(0.1), "slow": pytest.approx(0.01)}
    assert cost.total == pytest.approx(0.1 + 5 * 0.001 + 2 * 0.01 + 0.1 + 0.01)


def test_a_third_app_at_no_higher_rate_pays_for_its_head_alone() -> None:
    two = [load("a", "view/a", 0.002, 4.0), load("b", "view/a", 0.003, 3.0)]
    more = cost_of([*two, load("c", "view/a", 0.004, 4.0)], 0.0).total - cost_of(two, 0.0).total
    assert more == pytest.approx(0.016)


def test_an_app_without_shared_segments_costs_its_head() -> None:
    cost = cost_of([load("alone", None, 0.03, 2.0)], overhead=0.0)
    assert cost.segments == ()
    assert cost.total == pytest.approx(0.06)


def test_equal_weights_take_their_memory_once_and_their_work_twice() -> None:
    cost = cost_of([load("a", "view/a", 0.0, 1.0), load("b", "other/a", 0.0, 1.0)], overhead=0.0)
    assert cost.memory_bytes == 100 + 2000 + 10 + 10
    assert cost.total == pytest.approx(0.001 + 0.01 + 0.01)


def test_nothing_running_costs_the_overhead() -> None:
    assert cost_of([], overhead=0.2).total == 0.2


def test_micro_heads_at_one_tap_cost_one_call_and_their_slots() -> None:
    """The golden of docs/design.md, "Cost"."""
    stem = (Segment("view", None, 0.002), Segment("tap", "view", 0.001))
    plain, around = Segment("tap+micro", "tap", 0.0002), Segment("tap+micro-dw", "tap", 0.0003)
    loads = [
        Load("flat", (*stem, plain), 0.00001, 10, 2.0),
        Load("pooled of 16", (*stem, plain), 0.00002, 20, 5.0),
        Load("flat-dw", (*stem, around), 0.00002, 30, 1.0),
    ]
    assert cost_of(loads, 0.0).total == pytest.approx(0.01644)
    assert cost_of(loads, 0.0).memory_bytes == 60


def test_a_camera_is_decoded_in_the_cheapest_mode_that_yields_the_fastest_app_s_frames() -> None:
    """The golden of docs/design.md, "Cost"."""
    modes = (CostStep("all", 25.0, 0.12), CostStep("keyframes", 2.0, 0.012), CostStep("substream", 15.0, 0.03))
    camera, view = Segment("camera", steps=modes), Segment("view", "camera", 0.002)
    for fps, mode, total in ((2.0, "keyframes", 0.016), (2.1, "substream", 0.0342), (20.0, "all", 0.16)):
        cost = cost_of([Load("fast", (camera, view), 0.0, 0, fps), Load("slow", (camera, view), 0.0, 0, 0.5)], 0.0)
        assert cost.segments[0].step == mode
        assert cost.total == pytest.approx(total)
    assert camera.step_at(26.0) is None
