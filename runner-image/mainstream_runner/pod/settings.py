"""Where a runner in a pod finds its orders, what it keeps, and how much of it."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream.messages.runner_orders import ADMIN_PORT
from mainstream_runner.clips.recorder import ClipLimits
from mainstream_runner.pipeline.frame_pipeline import PipelineStorage
from mainstream_runner.sinks.json_lines import AlertFiles
from mainstream_runner.spool.bounds import SpoolLimits

_MEBIBYTE = 1 << 20
_DAY_S = 86400.0


@dataclass(frozen=True)
class PodSettings:
    """What the Deployment says."""

    node: str
    orders: Path = Path("/etc/mainstream/orders")
    """mounted ConfigMap"""
    secret: Path = Path("/etc/mainstream/secret")
    """mounted Secret"""
    metrics: Path = Path("/etc/mainstream/metrics")
    """mounted Secret whose token opens the metrics alone, where the chart names one"""
    data: Path = Path("/var/lib/mainstream")
    """the node's disk: orders, blobs, profile, spool, events, clips"""
    port: int = ADMIN_PORT
    spool: SpoolLimits = field(default_factory=SpoolLimits)
    clips: ClipLimits = field(default_factory=ClipLimits)

    @property
    def storage(self) -> PipelineStorage:
        """Where the frame pipeline keeps what it delivers."""
        files = AlertFiles(self.data / "events" / "files")
        return PipelineStorage(self.data / "spool", self.data / "clips", files, self.spool, self.clips)


def read_settings() -> PodSettings:
    """From the environment; raises `InvalidInputError` naming the variable."""
    node = os.environ.get("MAINSTREAM_NODE")
    if not node:
        raise InvalidInputError("is not set; the operator sets it in the runner's Deployment", field="MAINSTREAM_NODE")
    spool, clips = SpoolLimits(), ClipLimits()
    return PodSettings(
        node,
        spool=replace(spool, total_bytes=_mebibytes("MAINSTREAM_SPOOL_MEBIBYTES", spool.total_bytes)),
        clips=replace(
            clips,
            total_bytes=_mebibytes("MAINSTREAM_CLIPS_MEBIBYTES", clips.total_bytes),
            longest_kept_s=_number("MAINSTREAM_CLIPS_DAYS", clips.longest_kept_s / _DAY_S) * _DAY_S,
        ),
    )


def _mebibytes(name: str, default_bytes: int) -> int:
    return int(_number(name, default_bytes / _MEBIBYTE) * _MEBIBYTE)


def _number(name: str, default: float) -> float:
    text = os.environ.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise InvalidInputError(f"is {text!r}; give a number above 0", field=name)
    return number
