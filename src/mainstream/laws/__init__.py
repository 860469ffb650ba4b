"""The laws that plans rest on: cost, hits and misses, sampling, votes (docs/design.md). Pure."""
