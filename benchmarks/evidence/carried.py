"""How many cameras and apps one core carries at a mean alert F1 of .8, by picture size and policy.

Apps, events and scores are those of the photo workloads; cameras, decoding and what a frame costs are measured here, of
the plaza's pictures at each size. Every policy plans the same node: so many cameras, on each as many apps, on one core.
What counts is the mean F1 of alerts as played on photos that nothing was chosen on. Decode modes and the gate are left
out here, as it is a camera that they make cheaper; how long views move is stated for the gate, not measured. How far
any sharing of networks could get is told by a plan of networks that cost nothing: there cameras alone take the core.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from common.cameras import make_clip
from common.results import FOLDER, QUICK, kept, kept_profile, write_part
from evidence.policies import OURS, TITLES, plan_or_none
from evidence.side_by_side import side_by_side
from evidence.stage import Stand, stand
from frames.modes import metered
from mainstream.messages.node_profile import BaseProfile, NodeProfile
from mainstream.messages.runner_plan import RunnerStream
from mainstream.workload.problem import build_problem
from mainstream_runner.decoding.mode_meter import substream_mode
from mainstream_runner.profiling.node import profile_node
from photos.cells import Cell
from photos.packages import BASE
from photos.play import play_plan
from photos.workloads import Curves, Workload, node_of, placed_app, with_curves

POLICIES = (OURS, "max-sharing", "max-sharing-published", "no-sharing", "micro", "fine-tuned")
OF_WHOLE_NETWORKS = ("no-sharing", "fine-tuned")
"""policies that need them"""
WORKLOADS = 1
"""of ten apps each; a plan for hundreds of apps takes its whole time, ten times a row"""
LEAST_F1 = 0.8
MOST_CAMERAS = 128
PLANNED_S = 1.0 if QUICK else 4.0
"""CPU-seconds that a plan may take: hundreds of apps are not proved in any time that there is"""
MOVING = 0.3
"""of the time, where the gate is on"""
_CAMERA_FPS, _GROUP, _SMALL_FPS, _CLIP_S = 25, 50, 10, 12


@dataclass(frozen=True)
class Picture:
    """What a camera sends."""

    name: str
    size: tuple[int, int]
    substream: bool


PICTURES = (
    Picture("768x576 at 25 a second", (768, 576), substream=False),
    Picture("1080p25 with a substream of 640x360 at 10 a second", (1920, 1080), substream=True),
)
APPS_ON_EACH = (2,) if QUICK else (2, 10)
AS_IT_IS, NO_MODES, GATE = "as it is", "without decode modes", "with the gate"
FREE = "if networks cost nothing"
"""what anybody could carry whose cameras are decoded as ours are"""


@dataclass(frozen=True)
class Node:
    """Cameras like each other, on each so many of a workload's apps in turn."""

    workload: Workload
    curves: Curves
    profile: NodeProfile
    apps_on_each: int

    def f1(self, policy: str, cameras: int, on: Stand) -> float:
        """Mean F1 of alerts as played; an app that does not fit counts as 0."""
        drawn = list(self.workload.of.items())
        placed, of = [], {}
        for at in range(cameras * self.apps_on_each):
            camera = f"camera-{at // self.apps_on_each}"
            app, package = drawn[at % len(drawn)]
            like = next(each.package for each in self.workload.node.apps if each.name == app)
            placed.append(placed_app(f"app-{at}", like, self.workload.cell.rates_fps, camera, float(_CAMERA_FPS)))
            of[f"app-{at}"] = package
        node = node_of(placed, of_cameras(self.profile, cameras))
        plan = plan_or_none(policy, with_curves(build_problem(node), of, self.curves), PLANNED_S)
        if plan is None:
            return 0.0
        played = play_plan(plan, replace(self.workload, of=of, node=node), on.test)
        return mean(each.alerts.f1 for each in played.values())


def carry(pool: str) -> None:
    """Look for the most that each policy carries, row by row; write what is there, cut short or not."""
    on, pictures = stand(pool), PICTURES[: 1 if QUICK else None]
    _ = (on.test, on.learnt, on.key, *map(_profile, pictures))
    policies = [policy for policy in POLICIES if on.whole or policy not in OF_WHOLE_NETWORKS]
    tried = [*((policy, AS_IT_IS) for policy in policies), (OURS, FREE)]
    wanted = [(pool, picture, apps, *each) for each in tried for apps in APPS_ON_EACH for picture in pictures]
    wanted += [(pool, PICTURES[0], APPS_ON_EACH[-1], OURS, idea) for idea in (NO_MODES, GATE)]
    try:
        side_by_side(f"{pool}: carried", _carried, wanted)
    finally:
        write_part(f"carried-{pool}", {"pool": pool, "workloads": WORKLOADS, "packages": on.told, "rows": rows(pool)})


def rows(pool: str) -> list[dict[str, Any]]:
    """What was looked for so far."""
    return [kept(path, dict) for path in sorted(_folder(pool).glob("*.json"))]


def _folder(pool: str) -> Path:
    return FOLDER / "carried" / f"{pool}-{stand(pool).key}"


def _carried(pool: str, picture: Picture, apps: int, policy: str, idea: str) -> None:
    on, cell = stand(pool), Cell(pool)

    def made() -> dict[str, Any]:
        profile = with_idea(_profile(picture), idea)
        nodes = [Node(on.workload(cell, index), on.curves(cell, index), profile, apps) for index in range(WORKLOADS)]
        found = most(partial(_carries, nodes, policy, on), MOST_CAMERAS)
        print(f"{picture.name}, {apps} apps, {TITLES[policy]} {idea}: {found}", flush=True)
        return {"picture": picture.name, "apps": apps, "policy": policy, "idea": idea, "cameras": found}

    kept(_folder(pool) / f"{picture.size[1]}-{apps}-{policy}-{idea.replace(' ', '-')}.json", made)


def _carries(nodes: Sequence[Node], policy: str, on: Stand, cameras: int) -> bool:
    return mean(each.f1(policy, cameras, on) for each in nodes) >= LEAST_F1


def most(fits: Callable[[int], bool], limit: int) -> int:
    """The largest number up to a limit that fits, where each that is smaller does; 0 where 1 does not."""
    low, high = 0, 1
    while high <= limit and fits(high):
        low, high = high, 2 * high
    high = min(high, limit + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def with_idea(profile: NodeProfile, idea: str) -> NodeProfile:
    """The profile as it would be with an idea, or without one."""
    if idea == NO_MODES:
        return profile.model_copy(update={"decode_modes": {}})
    if idea == FREE:
        bases = {name: _free(base) for name, base in profile.bases.items()}
        return profile.model_copy(update={"bases": bases, "duties": {}})
    return profile.model_copy(update={"duties": {"own": {"full": MOVING}} if idea == GATE else {}})


def _free(base: BaseProfile) -> BaseProfile:
    costs = ("stem_s", "head_s", "call_s", "slot_s", "dw_call_s", "dw_slot_s")
    return base.model_copy(update={each: tuple(0.0 for _ in getattr(base, each)) for each in costs})


def _profile(picture: Picture) -> NodeProfile:
    """What a frame costs here with such a camera."""

    def measured() -> NodeProfile:
        with TemporaryDirectory(prefix="mainstream-bench-") as name:
            return _measured(picture, Path(name))

    return kept_profile(FOLDER / "carried" / f"profile-{picture.size[1]}.json", measured)


def _measured(picture: Picture, folder: Path) -> NodeProfile:
    clip = make_clip(folder / "own.mp4", group=_GROUP, size=picture.size, fps=_CAMERA_FPS, seconds=_CLIP_S)
    stream = RunnerStream(name="own", url=f"file:{clip}", fps=float(_CAMERA_FPS), crops={"full": None})
    profile = profile_node([BASE], [stream])
    if not picture.substream:
        return profile
    clip = make_clip(folder / "small.mp4", group=_SMALL_FPS, size=(640, 360), fps=_SMALL_FPS, seconds=_CLIP_S)
    small = RunnerStream(name="small", url=f"file:{clip}", fps=float(_SMALL_FPS), crops={"full": None})
    mode = substream_mode(metered(stream), metered(small))
    return profile.model_copy(update={"decode_modes": {"own": (*profile.decode_modes["own"], mode)}})


def of_cameras(profile: NodeProfile, cameras: int) -> NodeProfile:
    """The profile with so many cameras like the one that was measured."""
    names = [f"camera-{number}" for number in range(cameras)]
    return profile.model_copy(
        update={
            what: {name: each for each in getattr(profile, what).values() for name in names}
            for what in ("decode_s", "decode_modes", "duties")
        }
    )
