"""Makes what exists what was wanted."""
