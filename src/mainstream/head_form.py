"""What a head is, without its weights: enough to build it, to bound its size and to tell what it fits.

Known to packages, plans and the engine alike, and without torch; `mainstream.nn.heads` builds modules of it.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_FLAT_PLACES = 64 * 64
"""of a map that a flat head reads: it bounds its weights to 16 * 64 * 64. Finer maps lie so early in a network that
they show edges, not things"""
SLOT_CHANNELS = 8
"""of a slot in the call that runs all micro-heads of a tap"""
MAX_HEAD_BYTES = 64 << 20
"""of a head of a kind that this module does not know"""
_HEADER_BYTES = 4096
"""of a safetensors file with a handful of tensors, and room for its own notes"""
_FLOAT_BYTES = 4
_MICRO_KINDS = ("flat", "pooled", "flat-dw", "pooled-dw")

Width = Literal[8, 16]
Channels = Annotated[int, Field(ge=1, le=1 << 16)]
Side = Annotated[int, Field(ge=1, le=1 << 12)]


def problem_of_flat(height: int, width: int) -> str | None:
    """What is wrong with a map of that size for a flat head; None: nothing."""
    if height * width <= MAX_FLAT_PLACES:
        return None
    return (
        f"has one weight a place, and its map is {height}x{width}, more than {MAX_FLAT_PLACES} places; "
        "take a deeper tap, or a pooled head"
    )


class HeadForm(BaseModel):
    """Kind and sizes of a head."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(min_length=1, max_length=128)
    """name in the entry point group `mainstream.heads`"""
    width: Width = 8
    """channels that a micro-head's 1x1 convolution leaves; without meaning for other kinds"""
    map: tuple[Channels, Side, Side]
    """channels, height and width of the feature map that it reads"""

    @model_validator(mode="after")
    def _has_no_more_places_than_it_may_weigh(self) -> Self:
        if self.kind.startswith("flat") and (problem := problem_of_flat(*self.map[1:])) is not None:
            raise ValueError(f"a head {self.kind!r} {problem}")
        return self

    @property
    def places(self) -> int:
        """Of the map."""
        return self.map[1] * self.map[2]

    @property
    def has_depthwise(self) -> bool:
        """Micro-heads with and without run in calls of their own."""
        return self.kind.endswith("-dw")

    @property
    def call(self) -> str:
        """Name of the call at its tap that a micro-head runs in, with others of that name."""
        return "micro-dw" if self.has_depthwise else "micro"

    @property
    def slots(self) -> int:
        """Of eight channels that a micro-head takes in its call."""
        return self.width // SLOT_CHANNELS

    @property
    def most_bytes(self) -> int:
        """That a blob of its weights can have, as float32 (docs/design.md, "Micro-heads")."""
        floats = self._floats()
        return MAX_HEAD_BYTES if floats is None else _HEADER_BYTES + _FLOAT_BYTES * floats

    def _floats(self) -> int | None:
        """Numbers in it; None of a kind that is known elsewhere."""
        channels = self.map[0]
        if self.kind == "pool-linear":
            return channels + 1
        if self.kind not in _MICRO_KINDS:
            return None
        depthwise = 10 * self.width if self.has_depthwise else 0
        per_channel = self.places if self.kind.startswith("flat") else 1
        return (channels + 1) * self.width + depthwise + per_channel * self.width + 1
