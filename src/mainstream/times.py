"""Spans of time, and how long an hour and a day are."""

Span = tuple[float, float]
"""start and end in seconds, the end excluded"""

HOUR_S = 3600.0
DAY_S = 86400.0
HOURS_PER_DAY = 24.0
