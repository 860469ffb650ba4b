"""The engine: runs the stem tree of a plan, each segment once per frame; knows neither TorchServe nor the feeder."""
