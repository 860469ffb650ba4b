"""The feeder: its own process, from camera to events.

Decodes each stream, picks due apps frame by frame, scales once a view, asks the engine, votes, writes events.
"""
