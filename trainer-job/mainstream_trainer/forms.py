"""Which candidates are made where nobody says: branch-points and taps of a base network, and forms of micro-heads."""

from collections.abc import Sequence
from dataclasses import dataclass

from mainstream.nn.heads.kinds import DEFAULT_WIDTH
from mainstream.nn.heads.map_shape import MapShape
from mainstream.nn.network import Network

_TAP_SHARES = (0.33, 0.63, 0.87)
"""of the base network's operations before a tap: places of position want an early one, places of meaning a deep one"""
_MIDDLE = 0.5


@dataclass(frozen=True)
class MicroForm:
    """A kind of micro-head of one width on one tap."""

    kind: str
    width: int
    tap: int
    shape: MapShape
    """of the tap's map"""

    @property
    def name(self) -> str:
        """Of the candidate."""
        wide = "" if self.width == DEFAULT_WIDTH else f"-w{self.width}"
        return f"{self.kind}-{self.tap}{wide}"


def forms_of(network: Network, taps: Sequence[int], kinds: Sequence[str], width: int) -> tuple[MicroForm, ...]:
    """Every kind on every tap, taps ascending; `InvalidInputError` where a tap has no feature map."""
    return tuple(MicroForm(kind, width, tap, network.map_at(tap)) for tap in sorted(set(taps)) for kind in kinds)


def default_taps(network: Network) -> tuple[int, ...]:
    """Early, middle and deep, by shares of cost."""
    return tuple(sorted({_nearest(network, share) for share in _TAP_SHARES}))


def default_branch_points(network: Network) -> tuple[int, ...]:
    """Of fine-tuned candidates: nothing frozen and everything frozen, which the baselines need, and the middle."""
    return tuple(sorted({0, _nearest(network, _MIDDLE), network.depth}))


def _nearest(network: Network, share: float) -> int:
    return min(range(1, network.depth), key=lambda k: abs(network.branch_points[k].cost_share - share))
