"""What exists: watches of the cluster, typed, and the worker of each node."""
