"""What is declared of a stream against what it delivers."""

import pytest

from mainstream.api.video_stream import Crop
from mainstream.footage.stream_fit import DeliveredPicture, other_rate, reaches_out, view_beyond_picture

DELIVERED = DeliveredPicture(320, 240, 10.0)


def test_a_view_beyond_the_picture_is_named_with_its_size() -> None:
    views = {"full": None, "left": Crop(x=0, y=0, width=160, height=240), "far": Crop(x=300, y=0, width=32, height=32)}
    said = view_beyond_picture(views, DELIVERED)
    assert said == "The picture is 320x240, and view far reaches beyond it; change the view or the camera."
    assert view_beyond_picture({"full": None, "left": views["left"]}, DELIVERED) is None


def test_a_size_that_is_not_known_beyond_nothing_reaches() -> None:
    assert not reaches_out(Crop(x=5000, y=0, width=32, height=32), None, None)


@pytest.mark.parametrize(("declared", "told"), [(10.0, False), (10.5, False), (30.0, True), (5.0, True)])
def test_a_rate_that_is_not_the_declared_one_is_told(declared: float, *, told: bool) -> None:
    assert (other_rate(declared, DELIVERED) is not None) is told


def test_a_rate_that_is_not_known_contradicts_nothing() -> None:
    assert other_rate(25.0, DeliveredPicture(None, None, None)) is None
