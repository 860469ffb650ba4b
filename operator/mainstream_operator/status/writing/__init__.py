"""Statuses as they are written: which, in what order, and the Events of them."""
