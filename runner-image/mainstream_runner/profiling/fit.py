"""From what was measured to the numbers of the cost model. Pure.

Segments are timed inside whole runs, so they are never negative and stems ascend; what a frame costs beyond them is
whatever a live run at a known rate used that stem, head, decoding and idling do not explain.
"""

from itertools import accumulate

from mainstream.node_profile import BaseProfile
from mainstream_runner.profiling.part_costs import PartCosts


def fit_base(parts: PartCosts) -> BaseProfile:
    """Costs by branch-point. A private segment costs what the base's costs, so head and stem add up to the whole."""
    stem_s = tuple(accumulate(parts.segment_s, initial=0.0))
    return BaseProfile(
        digest=parts.digest,
        stem_s=stem_s,
        head_s=tuple(stem_s[-1] - spared_s + parts.head_s for spared_s in stem_s),
        segment_bytes=(0, *parts.segment_bytes),
        head_bytes=parts.head_bytes,
    )


def fit_decode_s(cpu_used: float, idle: float, fps: float) -> float:
    """CPU-seconds per captured frame of a stream that was played with no frame to analyse."""
    return max(0.0, cpu_used - idle) / fps


def fit_frame_s(cpu_used: float, idle: float, decode: float, analysed_fps: float, base: BaseProfile) -> float:
    """CPU-seconds per frame and view beyond its network, from a live run of one app; `decode` in CPU-s per second."""
    return max(0.0, (cpu_used - idle - decode) / analysed_fps - base.stem_s[-1] - base.head_s[-1])
