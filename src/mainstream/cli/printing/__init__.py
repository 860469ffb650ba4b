"""Answers of the commands as tables and pictures."""
