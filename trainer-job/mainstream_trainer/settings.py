"""What determines a candidate's weights, apart from data, base network and seed; stands in every manifest."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TrainingSettings(BaseModel):
    """Everything that may be tuned; the defaults suit a fixed camera with some minutes of labels."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    held_out_share: float = Field(0.25, gt=0, lt=0.9)
    """of the training part: measures fine-tuned candidates, which never learn from it"""
    held_out_blocks: int = Field(2, ge=1, le=64)
    """stretches of time that it is made of, one in each equal piece of the training part"""
    gap_s: float = Field(1.0, ge=0)
    """left out on both sides of a held-out stretch: neighbouring frames are near duplicates"""
    variants: int = Field(4, ge=1, le=64)
    """of every frame: the frame itself, and with other light, contrast, noise and a small shift"""
    shift_pixels: int = Field(4, ge=0, le=64)
    """largest shift of a variant"""
    mirrored: bool = False
    """half of the variants are mirrored: only where left and right mean the same, never for a fixed camera, whose
    events are known by where they are"""
    contrast: float = Field(0.2, ge=0, lt=1)
    """largest change of contrast"""
    brightness: float = Field(15.0, ge=0, le=128)
    """largest change of brightness, pixel values"""
    noise: float = Field(3.0, ge=0, le=64)
    """standard deviation of the noise, pixel values"""
    batch_frames: int = Field(16, ge=1, le=1024)
    stride: int = Field(2, ge=1, le=64)
    """of neighbouring frames, one enters a pass; the phase is drawn anew for each pass"""
    learning_rate: float = Field(2e-4, gt=0)
    """of the base network's layers with nothing frozen; rises to three times that as more is frozen"""
    head_learning_rate: float = Field(1e-3, gt=0)
    frozen_head_learning_rate: float = Field(5e-3, gt=0)
    """of the head where everything else is frozen"""
    weight_decay: float = Field(0.01, ge=0)
    label_smoothing: float = Field(0.05, ge=0, lt=1)
    dropout: float = Field(0.2, ge=0, lt=1)
    epochs: float = Field(8, gt=0, le=10_000)
    """of a fine-tuned candidate whose layers begin to learn"""
    epochs_going_on: float = Field(3, gt=0, le=10_000)
    """of one that goes on from another one's layers"""
    least_steps: int = Field(40, ge=1)
    """of either, however few frames there are"""
    frozen_epochs: int = Field(40, ge=1, le=100_000)
    """with everything frozen"""
    folds: int | None = Field(None, ge=2, le=10)
    """blocks that micro-heads are cross-fitted over; fewer where one would hold no event. None: 5 of footage, 10 of
    pictures, which are many"""
    tuned_folds: bool = False
    """whether fine-tuned candidates are cross-fitted over them, too: each is then trained once more for every block"""
    taps: tuple[int, ...] | None = Field(None, min_length=1, max_length=32)
    """branch-points that micro-heads read; None: as the base network's shares of cost suggest"""
    heads: tuple[str, ...] = Field(("flat", "pooled"), max_length=8)
    """kinds of micro-heads, by entry point; all of them on every tap. Empty: no micro-heads"""
    head_width: Literal[8, 16] = 8
    """channels that a micro-head's 1x1 convolution leaves"""
    micro_steps: float = Field(10.0, gt=0, le=1000)
    """of a micro-head, times the square root of the number of frames: seen less often each, the more there are"""
    micro_batch_frames: int = Field(32, ge=1, le=1024)
    micro_learning_rate: float = Field(1e-2, gt=0)
    """at its height; it falls to 0 as a cosine, so that where learning ends is no matter of luck"""
    flat_weight_decay: float = Field(1.0, ge=0)
    """of `flat` heads, times the learning rate at every step: a map has more places than footage has events, and would
    be learnt by heart. Others decay as fine-tuned layers do"""
    micro_dropout: float = Field(0.1, ge=0, lt=1)
    """of a map's channels"""
    head: str = Field("pool-linear", min_length=1, max_length=128)
    """kind of head of fine-tuned candidates, by entry point"""
    precision: Literal["float32", "bfloat16"] = "float32"
    """of forward and backward passes where something is specialised; weights and evaluation stay in float32. A GPU with
    units for bfloat16 always uses them"""
    cache_bytes: int = Field(2 << 30, ge=1 << 20)
    """of features on disk; what does not fit is computed again"""
    rounding_change: float = Field(0.005, ge=0, le=1)
    """largest mean change of held-out scores for which fine-tuned weights are kept in half precision; those of
    micro-heads always are"""
    groups: int = Field(1, ge=1, le=64)
    """of neighbouring branch-points that are trained apart, each from the candidate with everything frozen"""
    prune: bool = True
    """leave candidates out that another one, no dearer, matches at every operating point; the extremes stay"""
    thresholds: int = Field(21, ge=3, le=255)
    """operating points of a candidate, evenly spaced in the logit"""
    threshold_min_events: int = Field(8, ge=1)
    """held-out events, or pictures of the event, below which no threshold may be chosen but one half, and what is
    better by a standard error: the rest would be noise"""

    @property
    def footage_folds(self) -> int:
        """Blocks of time: few enough that each holds events."""
        return self.folds or 5

    @property
    def picture_folds(self) -> int:
        """Blocks of pictures: more of them, as models that learn from four fifths are worse than what ships."""
        return self.folds or 10
