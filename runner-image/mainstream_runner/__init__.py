"""The part that runs beside the camera: stem-tree engine, TorchServe handler, feeder, sinks."""
