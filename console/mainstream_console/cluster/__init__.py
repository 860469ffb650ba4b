"""The console of a cluster: nodes, streams and apps as the API server has them, for whoever may see them there."""
