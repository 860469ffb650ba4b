"""What the engine says of itself."""

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, PositiveInt


class EngineState(BaseModel):
    """What the engine serves, for whoever asks."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    serving: str | None
    """digest of the plan that frames run through"""
    loading: str | None
    """digest of the plan that is being loaded beside it"""
    failed: dict[str, str]
    """digest of the plan that could not be loaded last, and why"""
    unavailable_apps: dict[str, str]
    """apps of the plan that is served which do not run, and why; the others do"""
    sizes: tuple[tuple[PositiveInt, PositiveInt], ...]
    """height and width of every view served, by its number; (1, 1) where none of its apps runs"""
    back_end: str
    """what runs networks; several are joined by `+`"""
    back_end_problem: str | None
    """why a faster back end is not used though it is installed"""
    scored_frames: NonNegativeInt
    """frames scored so far"""
    scored_s: NonNegativeFloat
    """CPU-seconds that they took, from pixels to scores"""
