"""Footage in which nothing happens: what candidates make of it says how often they are wrong; none of it trains.

Its frames are scored as they are decoded, so that hours take no more memory than minutes. The stem runs once for all
candidates of an app.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from mainstream.api.video_stream import Crop
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.frames import view_pixels
from mainstream.laws.gate import Greys, grey
from mainstream.nn.network import Network
from mainstream_trainer.data.clip import Clip, pictures_of
from mainstream_trainer.learn.candidate import TrainedCandidate
from mainstream_trainer.learn.model import Model

_BATCH = 32


@dataclass(frozen=True)
class QuietScores:
    """What candidates make of quiet footage."""

    times: tuple[FrameTimes, ...] = ()
    """of each clip"""
    by_candidate: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """scores (frames of all clips,), by name"""
    greys: Greys | None = None
    """the frames of all clips as the gate of their view looks at them, (n, rows, columns)"""


NO_QUIET = QuietScores()


def score_quiet(
    clips: Sequence[Clip],
    candidates: Sequence[TrainedCandidate],
    network: Network,
    crop: Crop | None,
    check_stop: Callable[[], None],
) -> QuietScores:
    """Score every frame of `clips` by every candidate."""
    if not clips:
        return NO_QUIET
    models = {each.name: Model(each.branch_point, each.segments, each.head) for each in candidates}
    scores: dict[str, list[NDArray[np.float64]]] = {name: [np.empty(0)] for name in models}
    greys: list[Greys] = []
    with torch.inference_mode():
        for pixels in _batches(clips, crop, network):
            check_stop()
            greys += [grey(frame) for frame in pixels.numpy()]
            features = network.preprocessing(pixels).contiguous(memory_format=torch.channels_last)
            for k in range(network.depth + 1):
                for name, model in models.items():
                    if model.branch_point == k:
                        logits = model.head(model.body(features))
                        scores[name].append(torch.sigmoid(logits.double()).numpy())
                if k < network.depth:
                    features = network.segments[k](features)
    return QuietScores(
        tuple(clip.times for clip in clips),
        {name: np.concatenate(each) for name, each in scores.items()},
        np.stack(greys),
    )


def _batches(clips: Sequence[Clip], crop: Crop | None, network: Network) -> Iterator[torch.Tensor]:
    """Pixels (n, height, width, 3) of all frames, in order."""
    size = network.preprocessing
    pictures = (picture for clip in clips for _, picture in pictures_of(clip, (0, clip.frames)))
    scaled = (view_pixels(picture, crop, size.height, size.width) for picture in pictures)
    while batch := list(islice(scaled, _BATCH)):
        yield torch.from_numpy(np.stack(batch))
