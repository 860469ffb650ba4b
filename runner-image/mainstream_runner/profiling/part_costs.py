"""What the worker measures of a base network, as it travels back to whoever fits the profile."""

from pydantic import BaseModel, ConfigDict, NonNegativeFloat


class PartCosts(BaseModel):
    """CPU-seconds per frame of each part, measured inside whole runs of the network at a given pace."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    frames: int
    preprocessing_s: NonNegativeFloat
    segment_s: tuple[NonNegativeFloat, ...]
    """`segment_s[k]` leads from branch-point k to k + 1"""
    head_s: NonNegativeFloat
    """pooling and classifier"""
    digest: str
    """of the base network; also its share key at the last branch-point"""
    feature_channels: int
    segment_bytes: tuple[int, ...]
    """parameters and buffers of each segment"""
    head_bytes: int
