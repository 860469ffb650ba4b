"""VideoApp, VideoStream and EdgeNode: what a user writes, whether for `kubectl apply` or for the command line."""

from mainstream.api.edge_node import EdgeNode
from mainstream.api.video_app import VideoApp
from mainstream.api.video_stream import VideoStream

__all__ = ["EdgeNode", "VideoApp", "VideoStream"]
