"""Cameras on this machine's own network: who answers, what of it can be looked at, and how that is declared."""
