"""The process that runs a frame pipeline for `mainstream run`, until the files of its plan end."""
