"""Whether base networks still cost what an earlier start measured: looked at beside the frames."""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import closing

from mainstream.errors import MainstreamError
from mainstream.messages.node_profile import BaseProfile
from mainstream_runner.client import EngineClient
from mainstream_runner.profiling.fit import scaled
from mainstream_runner.profiling.profiler import PARTS_FPS

_log = logging.getLogger(__name__)
_CHECK_S = 1.0
_CHECKS = 3
"""in a row that have to disagree with an earlier profile: other work on the node disturbs one"""
_MOST_DRIFT = 0.1
"""by which a base network may cost more or less than in the profile of an earlier start"""


def drifted_bases(
    bases: Mapping[str, BaseProfile], port: int, *, pause: Callable[[float], object] = time.sleep
) -> dict[str, BaseProfile | None]:
    """Base networks that cost over a tenth more or less now than an earlier start measured, with the profile that they
    have by that; None for one that is another network now. A second for each that has not drifted, three for one that
    has; frames are scored meanwhile. What `pause` raises ends it."""
    drifted: dict[str, BaseProfile | None] = {}
    with closing(EngineClient(port, pause=pause)) as client:
        for name, base in bases.items():
            try:
                checked = _checked(client, name, base)
            except MainstreamError as error:
                _log.warning("base network %s could not be checked: %s", name, error)
                continue
            if checked != base:
                drifted[name] = checked
    return drifted


def _checked(client: EngineClient, name: str, base: BaseProfile) -> BaseProfile | None:
    least = 1.0
    for number in range(_CHECKS):
        measured = client.whole_cost(name, PARTS_FPS, _CHECK_S)
        if measured.digest != base.digest:
            return None
        ratio = measured.whole_s / base.timed_s if base.timed_s else 1.0
        if abs(ratio - 1) <= _MOST_DRIFT or (number and (ratio > 1) != (least > 1)):
            return base
        least = ratio if number == 0 else min(least, ratio, key=lambda each: abs(each - 1))
    return slower(base, least)


def slower(base: BaseProfile, ratio: float) -> BaseProfile:
    """What a base network costs where all of it takes `ratio` times as long."""
    return scaled(base, ratio).model_copy(update={"timed_s": ratio * base.timed_s})
