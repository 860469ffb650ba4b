"""The feeder: from camera to alerts, whatever plan it was given last.

Decodes each stream, picks due apps frame by frame, scales once a view, asks the engine, votes. `pipeline` puts it
together with what delivers alerts.
"""
