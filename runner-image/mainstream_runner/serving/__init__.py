"""TorchServe around the engine: handler, configuration, Java, start and stop."""
