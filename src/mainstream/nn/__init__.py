"""Base networks, branch-points and prefix hashes: the only place in the core that imports torch."""
