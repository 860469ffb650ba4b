"""Clips of alerts: the camera's own packets, kept for a while, written as they came, never encoded again."""
