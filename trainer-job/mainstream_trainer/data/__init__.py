"""Footage, pictures and labels: what is learnt from, read and checked."""
