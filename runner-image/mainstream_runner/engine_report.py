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
    unavailable_apps: dict[str, str]
    """apps of the plan that is served which do not run, and why; the others do"""
    sizes: list[tuple[int, int]]
    """height and width of every view served, by its number; (1, 1) where none of its apps runs"""
    back_end: str
    """what runs networks; several are joined by `+`"""
    back_end_problem: str | None
    """why a faster back end is not used though it is installed"""
    scored_frames: int
    """frames scored so far"""
    scored_s: float
    """CPU-seconds that they took, from pixels to scores"""
