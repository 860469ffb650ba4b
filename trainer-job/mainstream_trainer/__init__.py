"""M-Trainer: candidates of one app, measured on held-out data, packed into an M-Package."""
