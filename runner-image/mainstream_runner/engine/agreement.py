"""Does a fast back end decide as the reference does? Asked with every plan, for what is new in it, on a few frames.

On frames that the cameras have shown lately where there are some, else on made-up ones.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mainstream.messages.runner_plan import RunnerApp
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.executor import Executor, ViewParts

FRAMES = 2
"""that are looked at for one view"""
NEGLIGIBLE = 1e-3
"""between two scores: rounding makes as much. A threshold that lies between them, where whoever writes packages can put
one, says nothing of a back end and is no reason to run everybody's apps by the slower one"""
Pictures = Mapping[tuple[int, int], Sequence[NDArray[np.uint8]]]
"""frames seen lately, (height, width, 3) RGB, by height and width"""


def identity(app: RunnerApp, feature_key: str, back_end: str) -> str:
    """What an agreement is about: these weights, this threshold, this back end."""
    return f"{back_end}:{feature_key}:{app.head_form.kind}:{app.head.sha256}:{app.threshold}"


def first_disagreement(
    apps: Sequence[RunnerApp], fast: ViewParts, reference: ViewParts, pictures: Pictures
) -> str | None:
    """The first of these apps of a view that one back end decides otherwise than the other; None if all agree."""
    names = tuple(app.name for app in apps)
    for pixels in calibration_frames(fast.height, fast.width, pictures):
        found, expected = (Executor("", (view,)).score([DueFrame(0, pixels, names)])[0] for view in (fast, reference))
        for app in apps:
            differs = (found[app.name] >= app.threshold) != (expected[app.name] >= app.threshold)
            if differs and not abs(found[app.name] - expected[app.name]) <= NEGLIGIBLE:
                return (
                    f"{fast.back_end.name} is not used: it scores {found[app.name]:.6f} where "
                    f"{reference.back_end.name} scores {expected[app.name]:.6f}, on either side of app {app.name}'s "
                    f"threshold {app.threshold:g}"
                )
    return None


def calibration_frames(height: int, width: int, pictures: Pictures) -> list[NDArray[np.uint8]]:
    """Frames of that size: real ones first."""
    seen = list(pictures.get((height, width), ()))[-FRAMES:]
    return seen + [_made_up(height, width, seed) for seed in range(FRAMES - len(seen))]


def _made_up(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """Patches of colour with noise: edges and areas, as a picture has."""
    random = np.random.default_rng(seed)
    patches = random.integers(0, 256, (height // 16 + 1, width // 16 + 1, 3)).repeat(16, 0).repeat(16, 1)
    noise = random.integers(-20, 21, (height, width, 3))
    return (patches[:height, :width] + noise).clip(0, 255).astype(np.uint8)
