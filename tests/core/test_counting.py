"""Numbers in sentences."""

import pytest

from mainstream.counting import counted


@pytest.mark.parametrize(
    ("number", "thing", "said"),
    [
        (0, "event", "0 events"),
        (1, "event", "1 event"),
        (1.0, "event", "1 event"),
        (0.9999, "event", "1 event"),
        (2.51, "event", "2.51 events"),
        (1_000_000, "frame", "1000000 frames"),
        (1, "delivery", "1 delivery"),
        (2, "delivery", "2 deliveries"),
        (2, "day", "2 days"),
    ],
)
def test_one_is_one_and_everything_else_is_several(number: float, thing: str, said: str) -> None:
    assert counted(number, thing) == said
