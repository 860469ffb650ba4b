"""The part of a candidate that is its own: segments from its branch-point on, and the head."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx, nn

from mainstream.nn.heads.kinds import DEFAULT_WIDTH, make_head
from mainstream.nn.heads.map_shape import MapShape
from mainstream.nn.network import Network
from mainstream_trainer.learn.feature_cache import FeatureCache

_SEEDING = Lock()
"""torch has one global generator, which heads draw their first weights from"""


class Heads(nn.Module):
    """The heads of several apps on one feature map: logits (N, apps)."""

    def __init__(self, heads: Sequence[nn.Module]) -> None:
        super().__init__()
        self.each = nn.ModuleList(heads)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return torch.stack([head(features) for head in self.each], dim=1)


class Model(nn.Module):
    """Features at the branch-point (N, ...) to logits (N,); (N, apps) where the head is `Heads`."""

    def __init__(self, branch_point: int, segments: Sequence[fx.GraphModule], head: nn.Module) -> None:
        super().__init__()
        self.branch_point = branch_point
        self.body = nn.Sequential(*segments)
        self.head = head
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.eval()

    @classmethod
    def starting_from(
        cls,
        network: Network,
        branch_point: int,
        head_kind: str,
        seed: int,
        trained_segments: Sequence[fx.GraphModule] = (),
        trained_head: nn.Module | None = None,
    ) -> "Model":
        """The base network's weights, but those of another candidate where it has its own."""
        segments = network.trainable_segments(branch_point)
        head = seeded_head(head_kind, network.map_at(network.depth), seed)
        if trained_head is not None:
            head.load_state_dict(trained_head.state_dict())
        for segment, trained in zip(reversed(segments), reversed(trained_segments), strict=False):
            segment.load_state_dict(trained.state_dict())
        return cls(branch_point, segments, head)

    @property
    def segments(self) -> list[fx.GraphModule]:
        """In order, from the branch-point."""
        return [cast(fx.GraphModule, segment) for segment in self.body]

    def scores(
        self, features: FeatureCache, frames: NDArray[np.intp], check_stop: Callable[[], None]
    ) -> NDArray[np.float64]:
        """Scores of frames as they are: (len(frames),), or (len(frames), apps) where the head is that of several."""
        parts = []
        step = features.frames_a_pass(self.branch_point)
        with torch.inference_mode():
            for at in range(0, len(frames), step):
                check_stop()
                batch = features.batch(self.branch_point, frames[at : at + step])
                parts.append(torch.sigmoid(self.head(self.body(batch)).double()).cpu().numpy())
        scores: NDArray[np.float64] = np.concatenate(parts)
        return scores


def seeded_head(kind: str, shape: MapShape, seed: int, width: int = DEFAULT_WIDTH) -> nn.Module:
    """A new head whose first weights the seed decides."""
    with _SEEDING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make_head(kind, shape, width)
