"""The frame pipeline: cameras, feeder, decider, alert delivery and counts as one object that plans are given to."""
