"""What a frame costs on one kind of node: measured by the runner, read by the planner.

All seconds are CPU-seconds, measured at the pace that plans run at (docs/design.md, "Cost").
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, model_validator

from mainstream.files.digest import Sha256
from mainstream.files.documents import read_document

Name = Annotated[str, Field(max_length=256)]
StreamName = Annotated[str, Field(max_length=512)]
"""`namespace/name` in a cluster, the path of a file elsewhere"""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


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
        return self


class NodeProfile(_Part):
    """Everything that the cost model needs to know of a node."""

    machine: Name
    """processor and number of cores, for a human"""
    back_end: Name
    """engine back end that was measured"""
    versions: dict[Name, Name] = Field(max_length=64)
    bases: dict[Name, BaseProfile] = Field(max_length=32)
    """by name of the base network"""
    frame_s: NonNegativeFloat
    """seconds per frame and view that reaches the engine: scaling, transport, preprocessing"""
    app_s: NonNegativeFloat = 0.0
    """seconds per analysed frame of each app beyond its network: its column of the heads, its votes and counts"""
    decode_s: dict[StreamName, NonNegativeFloat] = Field(max_length=256)
    """seconds per captured frame of each stream, whether analysed or not"""
    resident_bytes: int = Field(0, ge=0)
    """memory of all processes with nothing loaded"""
    idle: NonNegativeFloat
    """CPU-seconds per second of all processes with no frame to analyse"""


def read_node_profile(path: Path) -> NodeProfile:
    """Read a profile that `mainstream profile` wrote."""
    return read_document(NodeProfile, path, way_out="make one with `mainstream profile`")
