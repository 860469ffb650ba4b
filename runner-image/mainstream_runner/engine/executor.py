"""Runs the stem trees of a plan: for one frame of a view every chain that a due app needs, once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
import torch

from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.back_end import BackEnd, EngineStep, Value
from mainstream_runner.engine.heads import HeadGroup, scores_of

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Work:
    """A step between two values of a frame, named by their share keys."""

    start: str
    end: str
    step: EngineStep
    depth: int
    """branch-point that it leads to; 0 for the preprocessing"""

    @property
    def key(self) -> tuple[str, str]:
        """Views whose work has equal keys share the step, and its batches."""
        return self.start, self.end


@dataclass(frozen=True)
class ViewParts:
    """What runs on one view of the plan, prepared by a back end."""

    height: int
    width: int
    back_end: BackEnd
    batch: int
    """frames that a step takes at once, where there are as many; else one"""
    work: tuple[Work, ...] = ()
    """preprocessing first, then chains, parents before children"""
    heads: tuple[HeadGroup, ...] = ()

    @cached_property
    def apps(self) -> frozenset[str]:
        """Apps that run."""
        return frozenset(app for heads in self.heads for app in heads.apps)


@dataclass(frozen=True)
class Way:
    """What one set of due apps needs of a view."""

    work: tuple[Work, ...]
    heads: tuple[HeadGroup, ...]
    apps: frozenset[str]


@dataclass(frozen=True)
class Executor:
    """Everything that one plan runs; immutable, so that a new plan is loaded beside it and swapped in."""

    plan_digest: str
    views: tuple[ViewParts, ...]
    unavailable_apps: Mapping[str, str] = field(default_factory=dict)
    """apps that do not run, and why; frames that name them are scored for the others"""
    agreed: frozenset[str] = frozenset()
    """what was found to decide as the reference does (loader: agreement)"""
    back_end_problem: str | None = None
    _ways: dict[tuple[int, tuple[str, ...]], Way] = field(default_factory=dict)

    @property
    def back_end(self) -> str:
        """Names of the back ends in use."""
        return "+".join(sorted({view.back_end.name for view in self.views if view.heads}))

    def score(self, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
        """For each frame the score (0 to 1) of each of its due apps; frames of one request are batched where that
        pays."""
        with torch.inference_mode():
            return self._score(frames) if self._batches else [self._score_alone(frame) for frame in frames]

    @cached_property
    def _batches(self) -> bool:
        return any(view.batch > 1 for view in self.views)

    def warm(self) -> None:
        """Run everything once, so that the first real frame costs no more than the next."""
        for number, view in enumerate(self.views):
            pixels = np.zeros((view.height, view.width, 3), np.uint8)
            self.score([DueFrame(number, pixels, tuple(view.apps))] * view.batch)

    def _score(self, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
        ways = [self.way(frame) for frame in frames]
        return [_scores(way, value) for way, value in zip(ways, self._values(frames, ways), strict=True)]

    def _score_alone(self, frame: DueFrame) -> dict[str, float]:
        """What `_score` makes of one frame, with nothing to put in order."""
        way = self.way(frame)
        values: dict[str, Value] = {PIXELS: frame.pixels[np.newaxis]}
        for work in way.work:
            values[work.end] = work.step(values[work.start])
        return _scores(way, values)

    def logits(self, frame: DueFrame) -> dict[str, float]:
        """Of each of a frame's due apps what its score is made of: any number, or none."""
        way = self.way(frame)
        with torch.inference_mode():
            (value,) = self._values([frame], [way])
            found = [zip(heads.apps, heads.logits(value[heads.start]).tolist(), strict=True) for heads in way.heads]
        return {app: logit for each in found for app, logit in each if app in way.apps}

    def _values(self, frames: Sequence[DueFrame], ways: Sequence[Way]) -> list[dict[str, Value]]:
        """What work makes of each frame, by share key."""
        values: list[dict[str, Value]] = [{PIXELS: frame.pixels[np.newaxis]} for frame in frames]
        for work, members in _in_order(ways):
            view = self.views[frames[members[0]].view]
            for chosen in _chunks(members, view.batch):
                if len(members) == 1:
                    (frame,) = chosen
                    values[frame][work.end] = work.step(values[frame][work.start])
                    continue
                entered = [values[frame][work.start] for frame in chosen]
                left = work.step(entered[0] if len(chosen) == 1 else view.back_end.stack(entered))
                for frame, value in zip(chosen, view.back_end.split(left), strict=True):
                    values[frame][work.end] = value
        return values

    def way(self, frame: DueFrame) -> Way:
        """What the apps that are due on a frame need: the stem no deeper than the deepest of them."""
        key = (frame.view, frame.apps)
        if key not in self._ways:
            view = self.views[frame.view]
            due = frozenset(frame.apps) & view.apps
            heads = tuple(each.due(due) for each in view.heads if due.intersection(each.apps))
            needed = {each.start for each in heads}
            for work in reversed(view.work):
                if work.end in needed:
                    needed.add(work.start)
            self._ways[key] = Way(tuple(work for work in view.work if work.end in needed), heads, due)
        return self._ways[key]


def _scores(way: Way, value: Mapping[str, Value]) -> dict[str, float]:
    """Of the due apps, by what was made of a frame."""
    found: dict[str, float] = {}
    for heads in way.heads:
        found |= scores_of(heads, value[heads.start])
    return found if len(found) == len(way.apps) else {app: score for app, score in found.items() if app in way.apps}


PIXELS = "pixels"
"""stands for a frame as it came, where other values are named by share keys"""


def _in_order(ways: Sequence[Way]) -> Iterator[tuple[Work, list[int]]]:
    """Work of all frames, parents before children, each with the numbers of the frames that need it.

    By depth, not by view: one view may reach in two chains what another reaches in one.
    """
    members: dict[tuple[str, str], tuple[Work, list[int]]] = {}
    for number, way in enumerate(ways):
        for work in way.work:
            members.setdefault(work.key, (work, []))[1].append(number)
    yield from sorted(members.values(), key=lambda each: each[0].depth)


def _chunks(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    """As many whole batches as there are, then one by one."""
    whole = len(items) - len(items) % size
    yield from (items[at : at + size] for at in range(0, whole, size))
    yield from ([item] for item in items[whole:])
