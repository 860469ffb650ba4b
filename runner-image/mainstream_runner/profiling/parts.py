"""Measures the parts of a base network inside whole runs, in the worker, at the pace that plans run at.

Back to back, caches and clocks are warm and every part looks cheaper than it is in service (facts: a frame that costs
12 ms back to back costs 15 at 5 to 10 a second); measured alone, a segment looks cheaper than inside the whole.
"""

import time
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from mainstream.nn.head import PoolLinear
from mainstream.nn.registry import load_base_network
from mainstream_runner.profiling.part_costs import PartCosts

_WARM_FRAMES = 3


def measure_parts(base: str, fps: float, seconds: float) -> PartCosts:
    """Run the whole network on noise at `fps` for `seconds`; means of CPU-seconds by part."""
    network = load_base_network(base)
    head = PoolLinear(network.feature_channels)
    parts: list[nn.Module] = [*network.segments, head]
    pixels = np.random.default_rng(0).integers(
        0, 256, (1, network.preprocessing.height, network.preprocessing.width, 3), dtype=np.uint8
    )
    rows: list[list[float]] = []
    start_s = time.monotonic()
    with torch.inference_mode():
        for frame in range(max(_WARM_FRAMES + 1, round(fps * seconds))):
            time.sleep(max(0.0, start_s + frame / fps - time.monotonic()))
            marks_s = [time.thread_time()]
            value = network.preprocessing(torch.from_numpy(pixels.copy()))
            marks_s.append(time.thread_time())
            for part in parts:
                value = part(value)
                marks_s.append(time.thread_time())
            rows.append([b - a for a, b in pairwise(marks_s)])
    preprocessing_s, *segment_s, head_s = np.mean(rows[_WARM_FRAMES:], axis=0).tolist()
    return PartCosts(
        frames=len(rows) - _WARM_FRAMES,
        preprocessing_s=preprocessing_s,
        segment_s=tuple(segment_s),
        head_s=head_s,
        digest=network.digest,
        feature_channels=network.feature_channels,
        segment_bytes=tuple(_bytes(segment) for segment in network.segments),
        head_bytes=_bytes(head),
    )


def _bytes(module: nn.Module) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in module.state_dict().values())
