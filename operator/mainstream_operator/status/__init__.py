"""Status of each object: pure functions from what was observed and decided, with the time as an argument."""
