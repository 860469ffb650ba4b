"""What became of one frame for one app."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AnalysedFrame:
    """One frame that one app analysed."""

    app: str
    frame: int
    """its number in the stream"""
    captured_s: float
    due_s: float
    """the same on the monotonic clock"""
    score: float
    hit: bool
    decision: bool
    """whether it completed a run of as many hits as the app has votes"""
