"""What the worker measures of a base network, as it travels back to whoever fits the profile."""

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt


class PartCosts(BaseModel):
    """Busy seconds per frame of the network cut in two at every branch-point, by the back end that runs it here.

    Entry `k` of each list belongs to branch-point `k`; the first is the input, the last the feature map.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    frames: int
    """runs of each cut"""
    back_end: str
    preprocessing_s: NonNegativeFloat
    stem_s: tuple[NonNegativeFloat, ...]
    """from pixels to the branch-point, beyond what preprocessing costs by itself"""
    rest_s: tuple[NonNegativeFloat, ...]
    """from the branch-point to the pooled features of one app"""
    digest: str
    """of the base network; also its share key at the last branch-point"""
    feature_map: tuple[int, int, int]
    """channels, height and width at the last branch-point"""
    segment_bytes: tuple[NonNegativeInt, ...]
    """memory that the weights of the segment that ends at the branch-point take, in all forms that are kept of them"""
    head_bytes: NonNegativeInt
    call_s: tuple[NonNegativeFloat, ...]
    """of one call of all micro-heads at the branch-point, beyond its slots"""
    slot_s: tuple[NonNegativeFloat, ...]
    """of a slot in it"""
    dw_call_s: tuple[NonNegativeFloat, ...]
    """the same of heads with a depthwise convolution"""
    dw_slot_s: tuple[NonNegativeFloat, ...]
    workspace_bytes: NonNegativeInt
    """memory that running the network takes beyond its weights"""
