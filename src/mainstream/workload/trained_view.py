"""Whether a package may look at a view: it was trained on a part of the picture, and knows nothing of any other.

One check for `mainstream plan`, `mainstream run` and the operator; it is said, not refused. Pure.
"""

from collections.abc import Iterator

from mainstream.api.video_stream import Crop
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.manifest import TrainedView

_SAME_PART = 0.9
"""share of two parts that overlaps, of what either covers: less is another view"""

_Box = tuple[float, float, float, float]
"""left, top, right, bottom as shares of the picture"""


def view_problem(view: Crop | None, trained: TrainedView | None, picture: tuple[int, int] | None = None) -> str | None:
    """What is wrong with a view (None: the whole picture) for a package that was trained on another; None: nothing.

    `picture` is the camera's width and height where they are known; else it is taken to be as large as the video that
    the package was trained on. Nothing is known of packages that were trained on pictures.
    """
    if trained is None:
        return None
    width, height = picture or (trained.width, trained.height)
    if view is not None and (problem := view.problem_in(width, height)) is not None and picture is not None:
        return problem
    overlap = _overlap(_box(view, width, height), _box(trained.crop, trained.width, trained.height))
    if overlap >= _SAME_PART:
        return None
    return (
        f"the view is {_named(view)}, but the package was trained on {trained.in_words} ({overlap:.0%} in common): "
        "what it promises does not hold there; name the view that it was trained on, or train it on this one (--crop)"
    )


def other_views(plan: RunnerPlan, stream: str, picture: tuple[int, int] | None = None) -> Iterator[tuple[str, str]]:
    """Apps of a stream that look at another part of its picture than was trained on, each with a sentence about it."""
    for each in plan.streams:
        for app in plan.apps:
            if each.name == app.stream == stream:
                problem = view_problem(each.crops[app.view], app.trained_view, picture)
                if problem is not None:
                    yield app.name, problem


def _box(crop: Crop | None, width: int, height: int) -> _Box:
    if crop is None:
        return 0.0, 0.0, 1.0, 1.0
    return crop.x / width, crop.y / height, (crop.x + crop.width) / width, (crop.y + crop.height) / height


def _overlap(one: _Box, other: _Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(0.0, width) * max(0.0, height)
    return common / (_area(one) + _area(other) - common)


def _area(box: _Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _named(crop: Crop | None) -> str:
    return "the whole picture" if crop is None else f"{crop.x},{crop.y},{crop.width},{crop.height}"
