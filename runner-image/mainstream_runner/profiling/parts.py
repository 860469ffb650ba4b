"""Measures a base network cut in two at every branch-point, in the worker, with the back end that runs it there.

Cut by cut in turn, so that whatever else the node does falls on all of them alike, and with pauses: back to back,
caches and clocks are warm and everything looks cheaper than in service. What is left of that the live run puts right.
Each cut holds the whole network prepared once more: of one too large for that a few cuts are measured at a time.
"""

import copy
import gc
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from torch import nn

from mainstream.nn.heads.pool_linear import PoolLinear
from mainstream.nn.network import Network
from mainstream.nn.preprocessing import Preprocessing
from mainstream_runner.engine.back_end import BackEnd, EngineStep, Value
from mainstream_runner.engine.calibration import BackEndChoice
from mainstream_runner.engine.stopwatch import stopwatch
from mainstream_runner.part_costs import PartCosts
from mainstream_runner.profiling.micro_calls import KINDS, TapCalls, call_costs
from mainstream_runner.profiling.room import cuts_at_once, free_memory_bytes

_WARM_ROUNDS = 2
_MOST_COPIES = 4.0
"""of a weight in memory; more is noise of the allocator"""
_ENOUGH_BYTES = 64 << 20
"""of weights to tell how often they lie in memory; what the allocator keeps is little beside them"""


def measure_parts(
    network: Network,
    choice: BackEndChoice,
    fps: float,
    seconds: float,
    free_bytes: Callable[[], int] = free_memory_bytes,
) -> PartCosts:
    """Run every cut on noise, `fps` runs a second in all, for `seconds`; medians of busy seconds.

    `free_bytes` says how much memory is left.
    """
    shape = (1, network.preprocessing.height, network.preprocessing.width, 3)
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    with torch.inference_mode():
        copies, workspace_bytes = _memory(network, choice, pixels)
        cuts = network.depth + 1
        rounds = _WARM_ROUNDS + max(len(KINDS), round(fps * seconds / cuts))
        cut_bytes = (copies - 1) * _bytes(network.segments) + workspace_bytes
        some = cuts_at_once(cuts, cut_bytes, free_bytes())
        measured = [
            _of_cuts(network, choice, range(first, min(first + some, cuts)), pixels, rounds, fps)
            for first in range(0, cuts, some)
        ]
    rows = np.concatenate([each[0] for each in measured], axis=1)
    calls = np.concatenate([each[1] for each in measured])
    entered_s, rest_s = np.median(rows[_WARM_ROUNDS:], axis=0).T
    micro = call_costs(calls)
    channels, height, width = network.branch_points[-1].shape
    return PartCosts(
        frames=rounds - _WARM_ROUNDS,
        back_end=choice.back_end.name,
        preprocessing_s=float(entered_s[0]),
        # By itself preprocessing costs more than at the head of a chain: what a chain saves is the chain's.
        stem_s=tuple(np.maximum(0.0, entered_s - entered_s[0]).tolist()),
        rest_s=tuple(rest_s.tolist()),
        digest=network.digest,
        feature_map=(channels, height, width),
        segment_bytes=(0, *(round(copies * _bytes([segment])) for segment in network.segments)),
        head_bytes=_bytes([PoolLinear(network.feature_channels)]),
        workspace_bytes=workspace_bytes,
        call_s=micro.call_s,
        slot_s=micro.slot_s,
        dw_call_s=micro.dw_call_s,
        dw_slot_s=micro.dw_slot_s,
    )


def time_whole(network: Network, choice: BackEndChoice, fps: float, seconds: float) -> float:
    """Busy seconds per frame of the whole network, uncut; the median of `fps` runs a second for `seconds`."""
    shape = (1, network.preprocessing.height, network.preprocessing.width, 3)
    with torch.inference_mode():
        whole = _Cut.prepare(network, choice, network.depth, TapCalls(()))
        rows, _ = _timed(choice, [whole], np.zeros(shape, np.uint8), _WARM_ROUNDS + round(fps * seconds), fps)
    return float(np.median(rows[_WARM_ROUNDS:, 0].sum(axis=1)))


@dataclass(frozen=True)
class _Cut:
    """A stem, from pixels on as plans run it, and what comes after it, up to pooled features."""

    stem: Callable[[Value], Value]
    rest: Callable[[Value], Value]
    calls: TapCalls
    """of micro-heads between the two"""

    @classmethod
    def prepare(cls, network: Network, choice: BackEndChoice, k: int, calls: TapCalls) -> "_Cut":
        back_end = choice.back_end
        stem = _chain(network, choice, 0, k, network.preprocessing)
        rest = _chain(network, choice, k, network.depth)
        stem = back_end.preprocessing(network.preprocessing, 1).step() if stem is None else stem
        return cls(stem, partial(_pooled, back_end, rest), calls)


def _pooled(back_end: BackEnd, rest: EngineStep | None, value: Value) -> Value:
    return back_end.pooled(value if rest is None else rest(value))


def _chain(
    network: Network, choice: BackEndChoice, start: int, end: int, preprocessing: Preprocessing | None = None
) -> EngineStep | None:
    if start == end:
        return None
    segments = network.segments[start:end]
    return choice.back_end.chain(segments, network.branch_points[start].shape, 1, preprocessing).step()


def _of_cuts(
    network: Network, choice: BackEndChoice, numbers: Iterable[int], pixels: NDArray[np.uint8], rounds: int, fps: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`_timed` of cuts that are prepared for that, and let go of."""
    cuts = [_Cut.prepare(network, choice, k, TapCalls.prepare(network, k, choice.back_end)) for k in numbers]
    return _timed(choice, cuts, pixels, rounds, fps)


def _timed(
    choice: BackEndChoice, cuts: Sequence[_Cut], pixels: NDArray[np.uint8], rounds: int, fps: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(rounds, cuts, 2): busy seconds from pixels to the cut, and of the rest; (cuts, kinds): of calls of micro-heads.

    One kind of call a round, right behind the stem, as it runs in service: a second one would find caches warm.
    """
    timed = stopwatch(choice.device)
    rows = np.zeros((rounds, len(cuts), 2))
    calls = np.full((rounds, len(cuts), len(KINDS)), np.nan)
    start_s = time.monotonic()
    for run in range(rounds):
        for number, cut in enumerate(cuts):
            time.sleep(max(0.0, start_s + (run * len(cuts) + number) / fps - time.monotonic()))
            value, stem_s = timed(cut.stem, pixels)
            calls[run, number, run % len(KINDS)] = cut.calls.timed_s(run % len(KINDS), value, timed)
            rows[run, number] = stem_s, timed(cut.rest, value)[1]
    return rows, np.nanmedian(calls[min(_WARM_ROUNDS, rounds - len(KINDS)) :], axis=0)


def _memory(network: Network, choice: BackEndChoice, pixels: NDArray[np.uint8]) -> tuple[float, int]:
    """How often a weight lies in memory once it is prepared, and what running takes beside.

    From the network and from copies of its first segments, prepared one after the other: copies of all of them would be
    the most that is ever taken of a large one.
    """
    enter = choice.back_end.preprocessing(network.preprocessing, 1).step()
    own = len(network.segments)
    few = next(n for n in range(1, own + 1) if n == own or _bytes(network.segments[:n]) >= _ENOUGH_BYTES)
    kept: list[EngineStep] = []
    resident: list[int] = [_resident_bytes()]
    for segments in (lambda: network.segments, lambda: [copy.deepcopy(each) for each in network.segments[:few]]):
        run = choice.back_end.chain(segments(), network.branch_points[0].shape, choice.batch).step()
        run(enter(pixels))
        kept.append(run)
        resident.append(_resident_bytes())
    before, one, two = resident
    copies = min(_MOST_COPIES, max(1.0, (two - one) / _bytes(network.segments[:few])))
    return copies, max(0, round(one - before - (copies - 1) * _bytes(network.segments)))


def _resident_bytes() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def _bytes(modules: Sequence[nn.Module]) -> int:
    return sum(tensor.numel() * tensor.element_size() for module in modules for tensor in module.state_dict().values())
