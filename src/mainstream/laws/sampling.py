"""Nested sampling: which apps analyse a frame, so that slower ones always look at a subset of what faster ones look at.

The cost law (docs/design.md, "Cost") charges a shared segment once, at the rate of the fastest app beyond it. That is
true only if every slower app picks its frames among those of the next faster rate. So sampling is kept by rate, not by
app: equal rates share frames.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

_ROUNDING_FRAMES = 1e-6
"""credit that rounding may lack when a frame falls due"""
_SAVED_FRAMES = 2.0
"""what the fastest rate may save up, and each slower one beyond the next faster: a rate that just misses a frame of its
parent's earns up to two more until the next one; much more would let a pause of the camera end in a burst"""


@dataclass
class NestedSampler:
    """Chooses, frame by frame of one view, the rates that are due.

    A rate earns `rate * seconds` of credit, and is due when it has a whole frame's worth and every higher rate's frame
    is due as well. Its long-run rate is exact as long as the stream itself is fast enough; a rate falls due at the
    first frame that it sees.
    """

    _credit_frames: dict[float, float] = field(default_factory=dict)
    _last_s: float | None = None

    def due(self, time_s: float, rates: Iterable[float], pace: float = 1.0) -> set[float]:
        """The subset of `rates` (frames per second) due on the frame captured at `time_s` (monotonic, s).

        All rates earn `pace` of what they say, so that they stay nested whatever it is.
        """
        elapsed_s = 0.0 if self._last_s is None else pace * max(0.0, time_s - self._last_s)
        self._last_s = time_s
        descending = sorted(set(rates), reverse=True)
        self._credit_frames = {
            rate: min(self._credit_frames[rate] + rate * elapsed_s, _SAVED_FRAMES + depth)
            if rate in self._credit_frames
            else 1.0
            for depth, rate in enumerate(descending)
        }
        chosen: set[float] = set()
        for rate in descending:
            if self._credit_frames[rate] < 1.0 - _ROUNDING_FRAMES:
                break
            self._credit_frames[rate] -= 1.0
            chosen.add(rate)
        return chosen
