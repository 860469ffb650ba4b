"""The feeder: from camera to events, whatever plan it was given last.

Decodes each stream, picks due apps frame by frame, scales once a view, asks the engine, votes, reports. `play` is a
process of its own for `mainstream run`; in a pod the same parts are led by `pod.coordinator`.
"""
