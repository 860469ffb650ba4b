"""What the runner measures of a stream's modes of decoding, on one core."""

import time
from contextlib import closing

from common.cameras import CORE
from common.runner_stage import on_core
from mainstream.messages.runner_plan import RunnerStream
from mainstream_runner.decoding.mode_meter import MeasuredModes, ModeMeter
from mainstream_runner.feeder.source import Source


def metered(stream: RunnerStream) -> MeasuredModes:
    """By the runner's own meter, as it plays the stream from the beginning until nothing is left to measure."""
    meter = ModeMeter()
    with on_core(CORE):
        while not meter.is_settled:
            with closing(Source(stream, meter=meter)) as source:
                for _ in source.frames(time.monotonic()):
                    if meter.is_settled:
                        break
    assert meter.measured is not None
    return meter.measured
