"""Measures what frames cost on this node, and fits the cost model to it."""
