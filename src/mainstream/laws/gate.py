"""The gate on a view: where its picture has not changed since an app last looked, the app's scores stand.

The law is in docs/design.md, "The gate". Runner and trainer walk through their frames with one `Gate` each, so that
what it misses live, it misses in a replay as well.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Greys = NDArray[np.float32]
"""mean brightness (rows, columns) of each block of a view, 0 to 255"""

BLOCK_PIXELS = 8
LEAST_LEVEL, MOST_LEVEL = 3.0, 8.0
"""grey levels between which the threshold is learnt, however quiet or busy a view is"""
_ROWS_APART = 4
"""rows of pixels that are looked at: views are scaled with a filter that has each pixel of the picture count"""
_TONES = 12
"""into which blocks fall by their brightness: a camera that changes its exposure moves all of a tone alike"""
_MOVED_BLOCKS = 2
"""blocks that a change has to reach: one alone is noise"""
_QUIET_SHARE = 0.2
"""of the time a view is taken to be quiet"""
_MARGIN = 2.5
"""by which a change has to exceed what is seen in quiet times"""
_NOTED_S = 1.0
_NOTED = 120
_NOTED_LEAST = 10
"""levels that are learnt from; with fewer the least threshold holds"""
_SETTLES_S = 0.25
"""after a change: until then all looks run, so that what stands is of a picture at rest, not of the last that moved"""
_NEVER_S = float("-inf")
_LONGEST_S = 30.0
"""for which scores stand: should a gate be wrong, then not for long"""
_RESTLESS_SHARE = 0.8
"""of the time that a part moves which never rests"""
_RESTLESS_NOTED = 60
_RESTLESS_MOST = 0.25
"""of a view; where more never rests, it is no part of it"""


def grey(pixels: NDArray[np.uint8]) -> Greys:
    """Of the pixels (height, width, 3) of a view; rows and columns that fill no block are left out."""
    down, across = (each // BLOCK_PIXELS for each in pixels.shape[:2])
    rows = pixels[_ROWS_APART // 2 : down * BLOCK_PIXELS : _ROWS_APART, : across * BLOCK_PIXELS]
    in_blocks = rows.reshape(down, BLOCK_PIXELS // _ROWS_APART, across, 3 * BLOCK_PIXELS)
    sums = in_blocks.sum(axis=(1, 3), dtype=np.uint32)
    means: Greys = (sums / (in_blocks.shape[1] * in_blocks.shape[3])).astype(np.float32)
    return means


def changed(before: Greys, now: Greys) -> Greys:
    """By how many grey levels each block differs, beyond what light, exposure and shadows explain.

    Exposure moves all blocks of one tone alike: what most of a tone's blocks do is light, what single ones do is a
    change. Shadows are soft: they move neighbouring blocks alike, where things have edges.
    """
    brightness, difference = before.reshape(-1), (now - before).reshape(-1)
    by_tone = np.argsort(brightness, kind="stable")
    tones = max(2, min(_TONES, len(by_tone)))
    size = len(by_tone) // tones
    # Which of the blocks left over belong to no tone matters little: they are the brightest.
    of_tone = by_tone[: size * tones].reshape(tones, size)
    middle = size // 2
    at = brightness[of_tone[:, middle]]
    light = _between(brightness, at, np.sort(difference[of_tone], axis=1)[:, middle])
    beyond = (difference - light).reshape(now.shape)
    sharp: Greys = np.abs(beyond - _around(beyond))
    return sharp


def _between(brightness: Greys, at: Greys, light: Greys) -> Greys:
    """What light does to each brightness, by what it does `at` ascending ones; it goes on as far again beyond them."""
    ends = at[[0, -1]] + (at[0] - at[1], at[-1] - at[-2])
    goes_on = 2 * light[[0, -1]] - light[[1, -2]]
    known = np.concatenate([ends[:1], at, ends[1:]]), np.concatenate([goes_on[:1], light, goes_on[1:]])
    between: Greys = np.interp(brightness, *known).astype(np.float32)
    return between


def _around(values: Greys) -> Greys:
    """The mean of each block and its eight neighbours; a block at the edge counts as its own neighbour beyond."""
    wide = np.concatenate([values[:1], values, values[-1:]])
    down = wide[:-2] + wide[1:-1] + wide[2:]
    wide = np.concatenate([down[:, :1], down, down[:, -1:]], axis=1)
    around: Greys = (wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]) / 9
    return around


def level(change: Greys) -> float:
    """The grey levels that a change reaches in as many blocks as tell it from noise."""
    return float(np.partition(change, -_MOVED_BLOCKS, axis=None)[-_MOVED_BLOCKS])


def threshold(levels: Sequence[float]) -> float:
    """Level up to which a picture counts as the same, by what was seen within a second; the least before enough was."""
    if len(levels) < _NOTED_LEAST:
        return LEAST_LEVEL
    quiet = sorted(levels)[int(_QUIET_SHARE * len(levels))]
    return min(MOST_LEVEL, max(LEAST_LEVEL, _MARGIN * quiet))


@dataclass(frozen=True)
class Part:
    """A part of a view, in shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def __str__(self) -> str:
        """For people, as "left 80 % to 100 %, top 0 % to 10 %"."""
        across, down = f"{self.left:.0%} to {self.right:.0%}", f"{self.top:.0%} to {self.bottom:.0%}"
        return f"{across} of its width, {down} of its height"


@dataclass(frozen=True)
class _Seen:
    """The picture that an app's scores are of."""

    greys: Greys
    at_s: float
    changed_s: float
    """when the app last ran because something had changed"""


@dataclass
class Gate:
    """Of one view. Times are of a clock that goes forward (s); it is shown the looks that an app is due on."""

    _seen: dict[str, _Seen] = field(default_factory=dict)
    _levels: deque[float] = field(default_factory=lambda: deque(maxlen=_NOTED))
    _noted: _Seen | None = None
    _threshold: float = LEAST_LEVEL
    _moved: Greys | None = None
    _times_noted: int = 0
    _moves: bool = True

    def passes(self, now: Greys, at_s: float, apps: Iterable[str]) -> tuple[str, ...]:
        """Those of the due apps that have to run on the picture; the scores of the others stand.

        Whoever has to run has seen it from then on: `forget` apps that did not run after all. What is called an app may
        be anything that has scores of its own.
        """
        self._note(now, at_s)
        same: dict[int, bool] = {}
        running: dict[str, float] = {}
        for app in apps:
            seen = self._seen.get(app)
            if seen is None or seen.greys.shape != now.shape:
                running[app] = _NEVER_S
                continue
            if at_s - seen.at_s >= _LONGEST_S:
                running[app] = seen.changed_s
                continue
            # Ticks are nested, so that several apps have seen one picture last.
            picture = id(seen.greys)
            if picture not in same:
                same[picture] = level(changed(seen.greys, now)) <= self._threshold
            if not same[picture]:
                running[app] = at_s
            elif at_s - seen.changed_s < _SETTLES_S:
                running[app] = seen.changed_s
        self._seen.update({app: _Seen(now, at_s, changed_s) for app, changed_s in running.items()})
        return tuple(running)

    def is_due(self, at_s: float) -> bool:
        """Whether a picture of that time would be learnt from."""
        return self._noted is None or at_s - self._noted.at_s >= _NOTED_S

    def learn(self, now: Greys, at_s: float) -> bool:
        """Learn from a picture, whatever runs on it; whether the view moved since the one learnt from before."""
        self._note(now, at_s)
        return self._moves

    def forget(self, apps: Iterable[str]) -> None:
        """These apps run on their next look, whatever it shows."""
        for app in apps:
            self._seen.pop(app, None)

    def begin(self) -> None:
        """All apps run on their next look, whose time may lie before that of the last one; what was learnt stays."""
        self._seen.clear()
        self._noted = None

    @property
    def restless(self) -> Part | None:
        """The part of the view that never rests, such as a clock; None where there is none, or all is restless."""
        if self._moved is None or self._times_noted < _RESTLESS_NOTED:
            return None
        restless = self._moved > _RESTLESS_SHARE
        if not restless.any() or restless.mean() > _RESTLESS_MOST:
            return None
        (rows, columns), (height, width) = np.nonzero(restless), restless.shape
        return Part(
            float(columns.min() / width),
            float(rows.min() / height),
            float((columns.max() + 1) / width),
            float((rows.max() + 1) / height),
        )

    def _note(self, now: Greys, at_s: float) -> None:
        """Learn from what changed within about a second, whatever the rate."""
        noted = self._noted
        if noted is not None and noted.greys.shape == now.shape:
            if not self.is_due(at_s):
                return
            change = changed(noted.greys, now)
            self._levels.append(level(change))
            self._threshold = threshold(self._levels)
            self._moves = self._levels[-1] > self._threshold
            self._times_noted += 1
            moved = (change > self._threshold).astype(np.float32)
            weight = np.float32(1 / min(self._times_noted, _NOTED))
            self._moved = moved if self._moved is None else self._moved + weight * (moved - self._moved)
        else:
            self._moved, self._times_noted, self._moves = None, 0, True
        self._noted = _Seen(now, at_s, _NEVER_S)
