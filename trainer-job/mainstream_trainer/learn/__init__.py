"""Candidates learn: features once, then weights."""
