"""Which heads of a view run together: those of one form family on one feature map."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from torch import nn

from mainstream.nn.heads.map_shape import MapShape
from mainstream.nn.heads.micro import MicroHead
from mainstream.nn.heads.pool_linear import PoolLinear
from mainstream_runner.engine.back_end import BackEnd
from mainstream_runner.engine.heads import HeadGroup, LinearHeads, OtherHead
from mainstream_runner.engine.micro_heads import MicroHeads, Slots


@dataclass(frozen=True)
class HeadAtMap:
    """The head of an app where it runs."""

    start: str
    """share key of the feature map"""
    shape: MapShape
    """of that map"""
    app: str
    fps: float
    module: nn.Module


def head_groups(heads: Iterable[HeadAtMap], back_end: BackEnd) -> tuple[HeadGroup, ...]:
    """Linear heads stacked by feature map, micro-heads by map and form family, any others one by one."""
    linear: dict[str, list[tuple[str, PoolLinear]]] = {}
    micro: dict[tuple[str, bool], list[tuple[HeadAtMap, MicroHead]]] = {}
    others: list[HeadGroup] = []
    for head in heads:
        match head.module:
            case PoolLinear() as module:
                linear.setdefault(head.start, []).append((head.app, module))
            case MicroHead() as module:
                micro.setdefault((head.start, module.around_weight is not None), []).append((head, module))
            case module:
                others.append(OtherHead(head.start, head.app, back_end.head(module).step(), back_end))
    stacked = [
        LinearHeads(start, [app for app, _ in each], [module for _, module in each], back_end)
        for start, each in linear.items()
    ]
    return (*stacked, *(_slots(each, back_end) for each in micro.values()), *others)


def _slots(heads: Sequence[tuple[HeadAtMap, MicroHead]], back_end: BackEnd) -> MicroHeads:
    """The fastest app first: slower ones are due only where it is."""
    ordered = sorted(heads, key=lambda each: -each[0].fps)
    first, _ = ordered[0]
    slots = Slots.of([module for _, module in ordered], first.shape)
    return MicroHeads(first.start, [head.app for head, _ in ordered], slots, back_end)
