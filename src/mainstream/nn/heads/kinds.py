"""Heads by kind, from the entry point group `mainstream.heads`.

An entry point is called with the shape of a feature map and a width (channels of the head's 1x1 convolution; no meaning
for one that has none). It returns a module from feature maps (N, channels, h, w) to logits (N,); an app's score is the
sigmoid of its logit.
"""

from functools import cache
from importlib.metadata import entry_points
from typing import get_args

from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.head_form import HeadForm, Width
from mainstream.nn.heads.map_shape import MapShape

GROUP = "mainstream.heads"
DEFAULT_HEAD = "pool-linear"
WIDTHS: tuple[int, ...] = get_args(Width)
DEFAULT_WIDTH = 8


def installed_heads() -> list[str]:
    """Kinds that `make_head` takes here."""
    return sorted(entry_points(group=GROUP).names)


def make_head(kind: str, shape: MapShape, width: int = DEFAULT_WIDTH) -> nn.Module:
    """A new head of that kind on feature maps of that shape.

    `InvalidInputError` names the field where there is no such kind or width, or where the map is too large for it.
    """
    if width not in WIDTHS:
        raise InvalidInputError(f"must be one of {', '.join(map(str, WIDTHS))}, not {width}", field="width")
    try:
        head: nn.Module = _constructor(kind)(shape, width)
    except ImportError as error:
        raise InvalidInputError(f"head {kind!r} needs {error.name}; install it", field="head") from error
    return head


def head_of(form: HeadForm) -> nn.Module:
    """A new head of that form; errors as of `make_head`."""
    return make_head(form.kind, MapShape(*form.map), form.width)


@cache
def _constructor(kind: str):  # type: ignore[no-untyped-def]  # whatever the entry point names
    found = entry_points(group=GROUP, name=kind)
    if not found:
        have = ", ".join(installed_heads()) or "none"
        raise InvalidInputError(
            f"head {kind!r} is not installed (installed: {have}); install the package that provides it", field="head"
        )
    return next(iter(found)).load()
