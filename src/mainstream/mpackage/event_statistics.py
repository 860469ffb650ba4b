"""Event statistics of a package as the law of alerts takes them."""

from mainstream.events import EventStatistics
from mainstream.mpackage.manifest import MeasuredEventStatistics


def statistics_of(measured: MeasuredEventStatistics) -> EventStatistics:
    """The package's own events, at its own merge gap."""
    return EventStatistics(
        length_s=measured.length_s.value,
        frequency=measured.frequency.value,
        correlation=measured.correlation.value,
        lengths_s=measured.lengths_s,
        merge_gap_s=measured.gap_s,
        runs_s=measured.runs_s,
        footage_s=measured.footage_s,
    )
