"""Mainstream: adaptive compute sharing for video analytics at the edge."""
