"""Heads: the part of a candidate that turns a feature map into one number a frame."""
