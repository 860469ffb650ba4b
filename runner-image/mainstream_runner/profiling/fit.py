"""From what was measured to the numbers of the cost model. Pure.

Segments are timed inside whole runs, so they are never negative and stems ascend. How they divide a frame's cost is
taken from there; what the whole costs from a live run through the real pipeline. What a frame costs beyond that is
whatever the live run used that stem, head, decoding and idling do not explain.
"""

from itertools import accumulate

from mainstream.node_profile import BaseProfile
from mainstream_runner.profiling.part_costs import PartCosts


def fit_base(parts: PartCosts, scale: float) -> BaseProfile:
    """Costs by branch-point; `scale` is what the whole costs live over what it cost when its parts were timed.

    A private segment costs what the base's costs, so stem and head add up to the whole everywhere.
    """
    stem_s = tuple(accumulate((segment_s * scale for segment_s in parts.segment_s), initial=0.0))
    return BaseProfile(
        digest=parts.digest,
        stem_s=stem_s,
        head_s=tuple(stem_s[-1] - spared_s + parts.head_s * scale for spared_s in stem_s),
        segment_bytes=(0, *parts.segment_bytes),
        head_bytes=parts.head_bytes,
    )


def fit_scale(parts: PartCosts, scored_s: float) -> float:
    """Live cost of a whole network over the sum of its parts, from the mean CPU-seconds from pixels to scores."""
    return max(0.0, scored_s - parts.preprocessing_s) / (sum(parts.segment_s) + parts.head_s)


def fit_decode_s(cpu_used: float, idle: float, fps: float) -> float:
    """CPU-seconds per captured frame of a stream that was played with no frame to analyse."""
    return max(0.0, cpu_used - idle) / fps


def fit_frame_s(cpu_used: float, idle: float, decode: float, analysed_fps: float, base: BaseProfile) -> float:
    """CPU-seconds per frame and view beyond its network, from a live run of one app; `decode` in CPU-s per second."""
    return max(0.0, (cpu_used - idle - decode) / analysed_fps - base.stem_s[-1] - base.head_s[-1])
