"""From what was measured to the numbers of the cost model. Pure.

A network is measured cut in two at every branch-point, as plans cut it, never layer by layer. How the cuts compare is
taken from there; what the whole costs from a live run through the real pipeline. What a frame or an app costs beyond
that is whatever live runs used that networks, decoding and idling do not explain.
"""

from collections.abc import Sequence

from mainstream.messages.node_profile import BaseProfile, NodeProfile
from mainstream_runner.part_costs import PartCosts


def fit_base(parts: PartCosts, scale: float) -> BaseProfile:
    """Costs by branch-point; `scale` is what the whole costs live over what it cost when its cuts were timed.

    A private segment costs what the base's costs. With everything frozen an app has no network of its own: its linear
    head is one column of a product, and is part of what an app costs (`fit_app_s`).
    """
    stem_s = ascending([0.0, *parts.stem_s[1:]])
    rest_s = ascending([0.0, *reversed(parts.rest_s[:-1])])[::-1]
    by_parts = BaseProfile(
        digest=parts.digest,
        stem_s=tuple(stem_s),
        head_s=tuple(rest_s),
        call_s=parts.call_s,
        slot_s=parts.slot_s,
        dw_call_s=parts.dw_call_s,
        dw_slot_s=parts.dw_slot_s,
        segment_bytes=parts.segment_bytes,
        head_bytes=parts.head_bytes,
        timed_s=parts.preprocessing_s + parts.stem_s[-1] + parts.rest_s[-1],
        workspace_bytes=parts.workspace_bytes,
    )
    return scaled(by_parts, scale)


def scaled(base: BaseProfile, ratio: float) -> BaseProfile:
    """What a frame costs where all of it takes `ratio` times as long; what the worker timed by itself stays."""
    seconds = ("stem_s", "head_s", "call_s", "slot_s", "dw_call_s", "dw_slot_s")
    return base.model_copy(update={name: tuple(ratio * each for each in getattr(base, name)) for name in seconds})


def ascending(values: Sequence[float]) -> list[float]:
    """The ascending sequence nearest to `values` in squares (pool adjacent violators)."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        blocks.append((value, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (low, n), (high, m) = blocks.pop(), blocks.pop()
            blocks.append(((low * n + high * m) / (n + m), n + m))
    return [value for value, count in blocks for _ in range(count)]


def fit_scale(parts: PartCosts, scored_s: float) -> float:
    """Live cost of a whole network over what it cost when timed, from the mean CPU-seconds from pixels to scores."""
    return max(0.0, scored_s - parts.preprocessing_s) / (parts.stem_s[-1] + parts.rest_s[-1])


def fit_decode_s(cpu_used: float, idle: float, fps: float) -> float:
    """CPU-seconds per captured frame of a stream that was played with no frame to analyse."""
    return max(0.0, cpu_used - idle) / fps


def fit_app_s(one_s: float, several_s: float, apps: int) -> float:
    """CPU-seconds per analysed frame of each app beyond its network, from what a frame of one app and what one of
    `apps` apps with everything frozen used in all."""
    return max(0.0, several_s - one_s) / (apps - 1)


def fit_frame_s(one_s: float, app_s: float, base: BaseProfile) -> float:
    """CPU-seconds per frame and view beyond its network, from what a frame of one app used in all."""
    return max(0.0, one_s - app_s - base.stem_s[-1] - base.head_s[-1])


def by_device(profile: NodeProfile) -> NodeProfile:
    """What plans are charged with: on a GPU, whose budget is a share of its time, nothing but its busy seconds.

    What the CPU does there (decoding, a frame's way, votes, idling) was measured in other seconds.
    """
    if profile.device == "cpu":
        return profile
    modes = {
        stream: tuple(mode.model_copy(update={"used_s": 0.0}) for mode in each)
        for stream, each in profile.decode_modes.items()
    }
    nothing = {"frame_s": 0.0, "app_s": 0.0, "idle": 0.0, "decode_s": dict.fromkeys(profile.decode_s, 0.0)}
    return profile.model_copy(update=nothing | {"decode_modes": modes})
