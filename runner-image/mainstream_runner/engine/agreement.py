"""Does a fast back end decide as the reference does? Asked with every plan, for what is new in it, on a few frames.

On frames that the cameras have shown lately where there are some, else on made-up ones. An app's own weights may be
such that its scores are no numbers, or that rounding turns them round: that says nothing of a back end, and is the
app's alone. So where an app is decided otherwise, its base network is judged by itself.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from mainstream.messages.runner_plan import RunnerApp
from mainstream.nn.network import Network
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.back_end import BackEnd
from mainstream_runner.engine.executor import Executor, ViewParts
from mainstream_runner.engine.heads import sigmoid

FRAMES = 2
"""that are looked at for one view"""
NEGLIGIBLE = 1e-3
"""between two scores: rounding makes as much. A threshold that lies between them, where whoever writes packages can put
one, says nothing of a back end and is no reason to run everybody's apps by the slower one"""
_TOLERANCE = 1e-3
"""of the largest number of a feature map"""
Pictures = Mapping[tuple[int, int], Sequence[NDArray[np.uint8]]]
"""frames seen lately, (height, width, 3) RGB, by height and width"""
Frames = Sequence[NDArray[np.uint8]]


def identity(app: RunnerApp, feature_key: str, back_end: str) -> str:
    """What an agreement is about: these weights, this threshold, this back end."""
    return f"{back_end}:{feature_key}:{app.head_form.kind}:{app.head.sha256}:{app.threshold}"


def unsound_apps(
    apps: Sequence[RunnerApp], fast: ViewParts, reference: ViewParts | None, frames: Frames
) -> dict[str, str]:
    """Those of a view whose scores are no numbers, or that one back end decides otherwise than the other, and how.

    None for a reference: it is what runs them.
    """
    names = tuple(app.name for app in apps)
    found: dict[str, str] = {}
    for pixels in frames:
        frame = DueFrame(0, pixels, names)
        fast_logits = Executor("", (fast,)).logits(frame)
        expected_logits = fast_logits if reference is None else Executor("", (reference,)).logits(frame)
        for app in apps:
            problem = _problem(app, fast_logits[app.name], expected_logits[app.name])
            if problem is not None:
                found.setdefault(app.name, problem)
    return found


def base_problem(network: Network, fast: BackEnd, reference: BackEnd, frames: Frames) -> str | None:
    """How a base network's own feature maps differ between two back ends; None where they agree."""
    shape = network.branch_points[0].shape
    runs = [each.chain(network.segments, shape, 1, network.preprocessing).step() for each in (fast, reference)]
    with torch.inference_mode():
        for pixels in frames:
            (found, means), (expected, expected_means) = (
                (each.numbers(value).copy(), each.pooled(value).copy())
                for each, value in zip((fast, reference), (run(pixels[np.newaxis]) for run in runs), strict=True)
            )
            largest = max(difference(found, expected), difference(means, expected_means))
            problem = difference_problem(fast, reference, largest)
            if problem is not None:
                return problem
    return None


def difference_problem(fast: BackEnd, reference: BackEnd, share: float) -> str | None:
    """Why one back end does not stand in for the other whose feature maps differ by such a share; None where it may."""
    # The other way round a share that is no number would count as none.
    if share <= _TOLERANCE:
        return None
    return f"{fast.name} is not used: its feature maps differ by {share:.1%} from {reference.name}'s"


def difference(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Between two feature maps, as a share of the largest number."""
    return float(np.abs(found - expected).max() / max(float(np.abs(expected).max()), 1e-9))


def calibration_frames(height: int, width: int, pictures: Pictures) -> list[NDArray[np.uint8]]:
    """Frames of that size: real ones first."""
    seen = list(pictures.get((height, width), ()))[-FRAMES:]
    return seen + [_made_up(height, width, seed) for seed in range(FRAMES - len(seen))]


def _problem(app: RunnerApp, found_logit: float, expected_logit: float) -> str | None:
    if not (math.isfinite(found_logit) and math.isfinite(expected_logit)):
        return (
            "its weights give scores that are no numbers (NaN or infinite); train it again, with a lower learning "
            "rate, and publish that"
        )
    found, expected = sigmoid(np.array([found_logit, expected_logit], np.float32)).tolist()
    if (found >= app.threshold) == (expected >= app.threshold) or abs(found - expected) <= NEGLIGIBLE:
        return None
    return (
        f"its weights are so large that rounding decides: one frame has the scores {found:.6f} and {expected:.6f}, on "
        f"either side of its threshold {app.threshold:g}; train it again, with a lower learning rate, and publish that"
    )


def _made_up(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """Patches of colour with noise: edges and areas, as a picture has."""
    random = np.random.default_rng(seed)
    patches = random.integers(0, 256, (height // 16 + 1, width // 16 + 1, 3)).repeat(16, 0).repeat(16, 1)
    noise = random.integers(-20, 21, (height, width, 3))
    return (patches[:height, :width] + noise).clip(0, 255).astype(np.uint8)
