"""What a frame costs on one kind of node: measured by the runner, read by the planner.

All seconds are CPU-seconds, measured at the pace that plans run at (docs/design.md, "Cost"); where networks run on a
GPU, busy seconds of it.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, model_validator

from mainstream.files.digest import Sha256
from mainstream.files.documents import read_document

Device = Literal["cpu", "cuda"]
"""where networks run"""
Name = Annotated[str, Field(max_length=256)]
DecodeModeName = Literal["all", "reference", "keyframes", "substream"]
"""reference: only frames that others need; substream: another profile of the same camera"""
MAX_MODES = 4
Duty = Annotated[float, Field(gt=0, le=1)]
StreamName = Annotated[str, Field(max_length=512)]
"""`namespace/name` in a cluster, the path of a file elsewhere"""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class BaseProfile(_Part):
    """Cost of one base network by branch-point: entry `k` of each list belongs to branch-point `k`."""

    digest: Sha256
    """of the network that was measured, whose weights may be others than those that run"""
    stem_s: tuple[NonNegativeFloat, ...] = Field(min_length=1, max_length=256)
    """seconds per frame from the input to the branch-point; ascending, the first is 0"""
    head_s: tuple[NonNegativeFloat, ...] = Field(min_length=1, max_length=256)
    """seconds per frame from the branch-point to the scores of one app"""
    segment_bytes: tuple[int, ...] = Field(max_length=256)
    """bytes of the segment that ends at the branch-point; the first is 0"""
    head_bytes: int
    """bytes of pooling and classifier of one app"""
    call_s: tuple[NonNegativeFloat, ...] = Field(default=(), max_length=256)
    """seconds of one call of all micro-heads whose tap the branch-point is, beyond what its slots take; empty where
    micro-heads were not measured, as all four lists"""
    slot_s: tuple[NonNegativeFloat, ...] = Field(default=(), max_length=256)
    """seconds that each slot of eight channels takes in such a call"""
    dw_call_s: tuple[NonNegativeFloat, ...] = Field(default=(), max_length=256)
    """the same of heads with a depthwise convolution, which run in a call of their own"""
    dw_slot_s: tuple[NonNegativeFloat, ...] = Field(default=(), max_length=256)
    timed_s: NonNegativeFloat = 0.0
    """seconds per frame of the whole network as the worker timed it by itself, to compare later starts with"""
    workspace_bytes: int = Field(0, ge=0)
    """resident memory that running it takes beyond its weights"""

    @model_validator(mode="after")
    def _one_entry_a_branch_point(self) -> Self:
        if not len(self.stem_s) == len(self.head_s) == len(self.segment_bytes):
            raise ValueError("stem_s, head_s and segment_bytes must have one entry a branch-point each")
        if list(self.stem_s) != sorted(self.stem_s):
            raise ValueError("stem_s must be ascending")
        micro = {len(each) for each in (self.call_s, self.slot_s, self.dw_call_s, self.dw_slot_s)}
        if micro not in ({0}, {len(self.stem_s)}):
            raise ValueError("call_s, slot_s, dw_call_s and dw_slot_s must have one entry a branch-point each, or none")
        return self

    @property
    def knows_micro_heads(self) -> bool:
        """Whether they were measured."""
        return bool(self.call_s)

    def micro_s(self, tap: int, *, dw: bool, slots: int) -> tuple[float, float]:
        """Seconds per frame of the call at a tap, and of one head in it that takes so many slots."""
        call_s, slot_s = (self.dw_call_s, self.dw_slot_s) if dw else (self.call_s, self.slot_s)
        return call_s[tap], slots * slot_s[tap]


class DecodeMode(_Part):
    """One way to decode a stream, as it was measured for its camera on the node."""

    name: DecodeModeName
    fps: PositiveFloat
    """highest rate that its frames can serve"""
    used_s: NonNegativeFloat
    """CPU-seconds a second, whatever of its frames is looked at"""


class NodeProfile(_Part):
    """Everything that the cost model needs to know of a node."""

    machine: Name
    """processor and number of cores, for a human"""
    device: Device = "cpu"
    """whose busy seconds these are: on `cuda`, what the CPU does beside it is in none of them"""
    back_end: Name
    """engine back end that was measured"""
    versions: dict[Name, Name] = Field(max_length=64)
    """of what computes, by package"""
    bases: dict[Name, BaseProfile] = Field(max_length=32)
    """by name of the base network"""
    frame_s: NonNegativeFloat
    """seconds per frame and view that reaches the engine: scaling, transport, preprocessing"""
    app_s: NonNegativeFloat = 0.0
    """seconds per analysed frame of each app beyond its network: its column of the heads, its votes and counts"""
    decode_s: dict[StreamName, NonNegativeFloat] = Field(max_length=256)
    """seconds per captured frame of each stream, whether analysed or not"""
    decode_modes: dict[StreamName, Annotated[tuple[DecodeMode, ...], Field(min_length=1, max_length=MAX_MODES)]] = (
        Field(default={}, max_length=256)
    )
    """of streams that were measured in several; of such a stream `decode_s` is not planned with"""
    pixels: dict[StreamName, Annotated[int, Field(gt=0)]] = Field(default={}, max_length=256)
    """of a picture, by stream, where that was noted: `mainstream size` goes from it to other pictures"""
    duties: dict[StreamName, Annotated[dict[Name, Duty], Field(max_length=64)]] = Field(default={}, max_length=256)
    """share of the time in which a view moves, by stream and view; none of one that was not watched for long"""
    resident_bytes: int = Field(0, ge=0)
    """memory of all processes with nothing loaded"""
    idle: NonNegativeFloat
    """CPU-seconds per second of all processes with no frame to analyse"""


def decoding_cost(profile: NodeProfile, stream: str, fps: float, mode: str) -> float:
    """CPU-seconds a second that decoding a stream of so many frames a second takes in a mode.

    `KeyError` where the profile knows neither the mode nor the stream.
    """
    known = {each.name: each.used_s for each in profile.decode_modes.get(stream, ())}
    return known[mode] if mode in known else profile.decode_s[stream] * fps


def read_node_profile(path: Path) -> NodeProfile:
    """Read a profile that `mainstream profile` wrote."""
    return read_document(NodeProfile, path, way_out="make one with `mainstream profile`")
