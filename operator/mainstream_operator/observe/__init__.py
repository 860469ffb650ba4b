"""A snapshot of one node, and what has to be asked for: packages, the runner, Secrets."""
