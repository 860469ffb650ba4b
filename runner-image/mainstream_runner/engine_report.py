"""What the engine says of itself."""

from typing import TypedDict


class EngineReport(TypedDict):
    """What the engine serves, for whoever asks."""

    serving: str | None
    """digest of the plan that frames run through"""
    loading: str | None
    """digest of the plan that is being loaded beside it"""
    failed: dict[str, str]
    """digest of the plan that could not be loaded last, and why"""
    sizes: list[tuple[int, int]]
    """height and width of every view served, by its number"""
    back_end: str
    scored_frames: int
    """frames scored so far"""
    scored_s: float
    """CPU-seconds that they took, from pixels to scores"""
