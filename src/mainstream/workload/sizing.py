"""How many cores cameras and apps need before any of them is there: the cost law, with figures for plans. Pure.

Every camera is like the next, and so is every app: it looks at the camera's one view, leaves the stem at one
branch-point and analyses so many frames a second. A plan does better, since it gives each app what it gains most by; so
this is what a node needs for a rate that nobody has to give up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mainstream.errors import InvalidInputError
from mainstream.laws.cost import Load, Segment, cost_of
from mainstream.messages.node_profile import BaseProfile, NodeProfile

_FEWER_RATES = (10.0, 8.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.2, 0.1)


@dataclass(frozen=True)
class Sizing:
    """What is asked for."""

    cameras: int
    camera_fps: float
    """frames that each camera sends and that are decoded"""
    apps: int
    """on each camera"""
    fps: float
    """frames that each app analyses a second"""
    frozen: float
    """share of the stem's cost that lies before the branch-point, 0 (nothing shared) to 1"""
    pixels: float = 1.0
    """of a camera's picture, over those of the cameras that the profile was measured with"""
    budget: float = 0.8
    """share of the cores that a plan may use"""
    gop: float | None = None
    """frames from one key frame to the next; None: not known, so that every frame is decoded"""

    @property
    def key_frames_alone(self) -> bool:
        """Whether key frames come as often as the apps look, so that nothing else needs to be decoded."""
        return self.gop is not None and self.fps <= self.camera_fps / self.gop


@dataclass(frozen=True)
class Need:
    """CPU-seconds a second."""

    decoding: float
    shared: float
    """input of views and stems, each once a camera"""
    heads: float
    idle: float
    budget: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.decoding + self.shared + self.heads + self.idle

    @property
    def cores(self) -> float:
        """The CPU limit of a runner that may use a share of it."""
        return self.total / self.budget


def need(asked: Sizing, profile: NodeProfile, base: str | None = None) -> Need:
    """What that takes of the profiled kind of node; `InvalidInputError` where the profile says too little."""
    known = _base(profile, base)
    point = branch_point(known, asked.frozen)
    view = Segment("view", None, profile.frame_s)
    stem = Segment("stem", "view", known.stem_s[point])
    app = Load("app", (view, stem), known.head_s[point] + profile.app_s, 0, asked.fps)
    cost = cost_of([app], 0.0)
    return Need(
        decoding=asked.cameras * asked.pixels * _decoding(asked, profile),
        shared=asked.cameras * sum(each.cost for each in cost.segments),
        heads=asked.cameras * asked.apps * cost.heads[app.app],
        idle=profile.idle,
        budget=asked.budget,
    )


def profiled_pixels(profile: NodeProfile) -> float | None:
    """Of a picture of the cameras that were profiled, on average; None where the profile does not say."""
    streams = profile.decode_s.keys() | profile.decode_modes.keys()
    if not streams or not streams <= profile.pixels.keys():
        return None
    return sum(profile.pixels[name] for name in streams) / len(streams)


def fitting(asked: Sizing, cores: float, profile: NodeProfile, base: str | None = None) -> Iterator[Sizing]:
    """What fits into so many cores: fewer cameras, fewer apps, a lower rate, each the most that does; none: nothing."""

    def fits(each: Sizing) -> bool:
        return need(each, profile, base).cores <= cores

    ways = (
        (replace(asked, cameras=number) for number in range(asked.cameras, 0, -1)),
        (replace(asked, apps=number) for number in range(asked.apps, 0, -1)),
        (replace(asked, fps=rate) for rate in (asked.fps, *(each for each in _FEWER_RATES if each < asked.fps))),
    )
    for way in ways:
        found = next((each for each in way if fits(each)), None)
        if found is not None:
            yield found


def _base(profile: NodeProfile, name: str | None) -> BaseProfile:
    if name is None and len(profile.bases) == 1:
        return next(iter(profile.bases.values()))
    if name is None or name not in profile.bases:
        known = ", ".join(sorted(profile.bases)) or "none"
        said = "must be named" if name is None else f"'{name}' is not in the profile"
        raise InvalidInputError(f"{said}; it has {known}: profile the node with the one that you mean", field="--base")
    return profile.bases[name]


def branch_point(base: BaseProfile, frozen: float) -> int:
    """The deepest one before which no more than that share of the whole stem's cost lies."""
    most = frozen * base.stem_s[-1]
    return max(point for point, seconds in enumerate(base.stem_s) if seconds <= most + 1e-12)


def _decoding(asked: Sizing, profile: NodeProfile) -> float:
    """CPU-seconds a second of one camera like those that were profiled."""
    every_frame = asked.camera_fps * _decode_s(profile)
    if asked.gop is None:
        return every_frame
    found = [each for modes in profile.decode_modes.values() for each in modes if each.name == "keyframes"]
    if not found:
        raise InvalidInputError(
            "needs a profile that says what key frames take; profile the node anew with a camera, or leave it out",
            field="--gop",
        )
    if not asked.key_frames_alone:
        return every_frame
    key_frame_s = sum(each.used_s / each.fps for each in found) / len(found)
    return min(every_frame, asked.camera_fps / asked.gop * key_frame_s)


def _decode_s(profile: NodeProfile) -> float:
    """Seconds of one frame, where all are decoded."""
    whole = dict(profile.decode_s)
    for name, modes in profile.decode_modes.items():
        for each in modes:
            if each.name == "all":
                whole[name] = each.used_s / each.fps
    if not whole:
        raise InvalidInputError(
            "has no stream, so decoding is not known; profile the node with a camera", field="profile"
        )
    return sum(whole.values()) / len(whole)
