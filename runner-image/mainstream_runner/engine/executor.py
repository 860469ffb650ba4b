"""Runs a stem tree: for one frame of a view, every segment that a due app needs, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.back_end import Step
from mainstream_runner.engine.tree import StemTree


@dataclass(frozen=True)
class ViewParts:
    """A stem tree with everything that it runs, prepared by a back end."""

    tree: StemTree
    height: int
    width: int
    preprocessing: Step
    segments: Mapping[str, Step]
    """by share key"""
    heads: Mapping[str, Step]
    """by app"""


@dataclass(frozen=True)
class Executor:
    """Everything that one plan runs; immutable, so that a new plan is loaded beside it and swapped in."""

    plan_digest: str
    views: tuple[ViewParts, ...]
    unavailable_apps: Mapping[str, str] = field(default_factory=dict)
    """apps that do not run, and why; frames that name them are scored for the others"""

    def score(self, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
        """For each frame the score (0 to 1) of each of its due apps; frames of one request run one after the other."""
        with torch.inference_mode():
            return [self._score(frame) for frame in frames]

    def warm(self) -> None:
        """Run everything once, so that the first real frame costs no more than the next."""
        self.score(
            [
                DueFrame(index, np.zeros((view.height, view.width, 3), np.uint8), tuple(view.heads))
                for index, view in enumerate(self.views)
                if view.heads
            ]
        )

    def _score(self, frame: DueFrame) -> dict[str, float]:
        view = self.views[frame.view]
        apps = [app for app in frame.apps if app in view.heads]
        if not apps:
            return {}
        pixels = torch.from_numpy(frame.pixels).unsqueeze(0)
        values = {view.tree.root: view.preprocessing(pixels)}
        for node in view.tree.due_nodes(apps):
            values[node.key] = view.segments[node.key](values[node.parent])
        parents = {leaf.app: leaf.parent for leaf in view.tree.leaves}
        return {app: float(torch.sigmoid(view.heads[app](values[parents[app]]))[0]) for app in apps}
