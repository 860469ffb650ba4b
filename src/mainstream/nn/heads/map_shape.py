"""The shape of a feature map: what a head is made for."""

from typing import NamedTuple


class MapShape(NamedTuple):
    """Of one frame's feature map, without the batch."""

    channels: int
    height: int
    width: int

    @property
    def places(self) -> int:
        """Rows times columns."""
        return self.height * self.width

    def __str__(self) -> str:
        return "x".join(map(str, self))
