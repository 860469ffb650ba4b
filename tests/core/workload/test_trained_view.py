from types import SimpleNamespace

import pytest

from mainstream.api.video_stream import Crop
from mainstream.mpackage.manifest import TrainedView
from mainstream.workload.trained_view import other_views, view_problem

CROP = Crop(x=192, y=140, width=576, height=288)
TRAINED = TrainedView(width=768, height=576, crop=CROP)
WHOLE = TrainedView(width=768, height=576)


@pytest.mark.parametrize(
    ("view", "trained", "picture"),
    [
        (CROP, TRAINED, None),
        (CROP, TRAINED, (768, 576)),
        (Crop(x=196, y=144, width=572, height=284), TRAINED, None),
        (Crop(x=96, y=70, width=288, height=144), TRAINED, (384, 288)),
        (None, WHOLE, None),
        (None, WHOLE, (384, 288)),
        (Crop(x=0, y=0, width=768, height=576), WHOLE, None),
        (None, TrainedView(width=768, height=576, crop=Crop(x=0, y=0, width=768, height=576)), (1536, 1152)),
        (CROP, None, None),
    ],
)
def test_a_view_of_the_part_that_was_trained_on_is_right_at_any_resolution(view, trained, picture):
    assert view_problem(view, trained, picture) is None


@pytest.mark.parametrize(
    ("view", "trained", "picture", "sentence"),
    [
        (
            None,
            TRAINED,
            None,
            "the view is the whole picture, but the package was trained on 192,140,576,288 of",
        ),
        (CROP, WHOLE, None, "the view is 192,140,576,288, but the package was trained on the whole picture"),
        (Crop(x=0, y=0, width=576, height=288), TRAINED, None, "(21% in common)"),
        (CROP, TRAINED, (1536, 1152), "the view is 192,140,576,288"),
        (CROP, TRAINED, (640, 480), "reaches out of the picture of 640x480 pixels"),
    ],
)
def test_another_part_of_the_picture_is_told_with_both(view, trained, picture, sentence):
    problem = view_problem(view, trained, picture)
    assert problem is not None
    assert sentence in problem


def test_of_a_plan_the_apps_on_another_view_of_a_stream_are_named() -> None:
    plan = SimpleNamespace(
        streams=(SimpleNamespace(name="gate", crops={"door": CROP, "whole": None}),),
        apps=tuple(
            SimpleNamespace(name=name, stream="gate", view=view, trained_view=trained)
            for name, view, trained in (
                ("right", "door", TRAINED),
                ("other", "whole", TRAINED),
                ("unknown", "door", None),
            )
        ),
    )
    assert [name for name, _ in other_views(plan, "gate")] == ["other"]
    # Of a camera of twice the resolution the same pixels are another part.
    assert [name for name, _ in other_views(plan, "gate", (1536, 1152))] == ["right", "other"]
    assert not list(other_views(plan, "yard"))
