"""Spans of time."""

Span = tuple[float, float]
"""start and end in seconds, the end excluded"""
