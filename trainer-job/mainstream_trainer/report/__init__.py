"""One page a person reads of a package: what was trained, how good it is, and what it misses."""
