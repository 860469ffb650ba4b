"""What one core carries: the search for it."""

import pytest

from evidence.carried import FREE, GATE, MOVING, NO_MODES, most, with_idea
from mainstream.messages.node_profile import BaseProfile, DecodeMode, NodeProfile


@pytest.mark.parametrize("carried", [0, 1, 2, 3, 7, 8, 63, 64])
def test_the_most_that_fits_is_found_with_few_tries(carried: int) -> None:
    tried: list[int] = []

    def fits(cameras: int) -> bool:
        tried.append(cameras)
        return cameras <= carried

    assert most(fits, 64) == carried
    assert len(tried) == len(set(tried)) <= 14


def test_no_more_is_found_than_is_looked_for() -> None:
    assert most(lambda cameras: True, 50) == 50


def test_networks_that_cost_nothing_leave_what_cameras_cost() -> None:
    base = BaseProfile(
        digest="0" * 64,
        stem_s=(0.0, 0.1),
        head_s=(0.2, 0.1),
        segment_bytes=(0, 9),
        head_bytes=1,
        call_s=(0.1, 0.1),
        slot_s=(0.1, 0.1),
        dw_call_s=(0.1, 0.1),
        dw_slot_s=(0.1, 0.1),
    )
    modes = {"own": (DecodeMode(name="all", fps=25.0, used_s=0.05),)}
    known = NodeProfile(
        machine="m",
        back_end="b",
        versions={},
        bases={"net": base},
        frame_s=0.002,
        decode_s={"own": 0.002},
        decode_modes=modes,
        idle=0.01,
    )
    free = with_idea(known, FREE)
    assert max(free.bases["net"].stem_s + free.bases["net"].head_s) == 0.0
    assert free.bases["net"].micro_s(1, dw=True, slots=3) == (0.0, 0.0)
    assert (free.frame_s, free.decode_modes) == (known.frame_s, modes)
    assert with_idea(known, NO_MODES) == known.model_copy(update={"decode_modes": {}})
    assert with_idea(known, GATE).duties == {"own": {"full": MOVING}}
