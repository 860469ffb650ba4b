"""What is asked to be forgotten of an app's alerts, and what was: between the command line and a runner."""

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ForgetOrder(_Part):
    """Alerts of one app that opened within a span."""

    app: str = Field(min_length=1, max_length=512)
    from_s: float
    """seconds since 1970"""
    to_s: float
    """not within the span any more"""

    def covers(self, start_s: float) -> bool:
        """Whether an alert that opened then is within the span."""
        return self.from_s <= start_s < self.to_s


class Forgotten(_Part):
    """What was removed from one node."""

    deliveries: int = 0
    """of messages and files, that waited"""
    files: int = 0
    """clips and pictures, on the disk or about to be made"""
    lines: int = 0
    """of alerts, in files"""
    still_open: int = 0
    """alerts that have not closed: something of them may come yet"""
    in_flight: int = 0
    """deliveries that were under way, and may arrive all the same"""
