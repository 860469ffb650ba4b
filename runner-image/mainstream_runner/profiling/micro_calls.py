"""Calls of micro-heads to be timed: at every tap, with and without a depthwise convolution, with few slots and many.

What a call costs beyond its slots, and what a slot adds, follow from the two.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mainstream.errors import InvalidInputError
from mainstream.nn.heads.map_shape import MapShape
from mainstream.nn.heads.micro import MicroHead
from mainstream.nn.network import Network
from mainstream_runner.engine.back_end import BackEnd, Value
from mainstream_runner.engine.heads import scores_of
from mainstream_runner.engine.micro_heads import MicroHeads, Slots
from mainstream_runner.engine.stopwatch import Stopwatch

MANY = 16
"""slots of the larger call"""
KINDS = ((1, False), (MANY, False), (1, True), (MANY, True))
"""slots, and whether with a depthwise convolution, in the order of `TapCalls.calls`"""


@dataclass(frozen=True)
class TapCalls:
    """One call of each kind at a tap; none where what is alive there is no map."""

    calls: tuple[MicroHeads, ...]

    @classmethod
    def prepare(cls, network: Network, tap: int, back_end: BackEnd) -> "TapCalls":
        """With new heads: what they weigh does not change what they cost."""
        try:
            shape = network.map_at(tap)
        except InvalidInputError:
            return cls(())
        return cls(tuple(_call(shape, slots, back_end, dw=dw) for slots, dw in KINDS))

    def timed_s(self, kind: int, value: Value, timed: Stopwatch) -> float:
        """What the call of that kind takes on a map; 0 where there is none."""
        return timed(partial(scores_of, self.calls[kind]), value)[1] if self.calls else 0.0


@dataclass(frozen=True)
class CallCosts:
    """CPU-seconds by tap."""

    call_s: tuple[float, ...]
    slot_s: tuple[float, ...]
    dw_call_s: tuple[float, ...]
    dw_slot_s: tuple[float, ...]


def call_costs(seconds: NDArray[np.float64]) -> CallCosts:
    """From times of every kind of call (taps, kinds)."""
    call_s, slot_s = _split(seconds[:, 0], seconds[:, 1])
    dw_call_s, dw_slot_s = _split(seconds[:, 2], seconds[:, 3])
    return CallCosts(call_s, slot_s, dw_call_s, dw_slot_s)


def _split(one_s: NDArray[np.float64], many_s: NDArray[np.float64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    slot_s = np.maximum(0.0, many_s - one_s) / (MANY - 1)
    return tuple(np.maximum(0.0, one_s - slot_s).tolist()), tuple(slot_s.tolist())


def _call(shape: MapShape, slots: int, back_end: BackEnd, *, dw: bool) -> MicroHeads:
    heads = [MicroHead(shape, 8, flat=False, dw=dw) for _ in range(slots)]
    return MicroHeads("", [str(number) for number in range(slots)], Slots.of(heads, shape), back_end)
