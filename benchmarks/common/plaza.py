"""The example that most benchmarks play: a clip of a plaza, labels of six apps on it, and of sixteen more places."""

from pathlib import Path

from mainstream.api.video_stream import Crop

EXAMPLE = Path(__file__).parents[2] / "examples" / "plaza"
CLIP, LABELS, SPOTS = EXAMPLE / "plaza.mp4", EXAMPLE / "labels.json", EXAMPLE / "spots" / "labels.json"
WALKWAYS = Crop(x=192, y=140, width=576, height=288)
"""the view of examples/plaza/stream.yaml"""
