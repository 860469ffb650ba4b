"""`make bench-carried`: how many cameras and apps one core carries at an alert F1 of .8, by picture and policy.

Apps, events and scores are those of the alert judges' workloads on traffic signs; cameras, decoding and what a frame
costs are measured here, of the plaza's pictures at each size. Every policy plans the same node: so many cameras, on
each as many apps, on one core. What counts is the mean F1 of alerts as played on photos that nothing was chosen on.
QUICK=1 takes one workload.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from harness import FOLDER, QUICK, Report, on_one_thread

if __name__ == "__main__":
    on_one_thread()

from alerts_stand import Stand
from frames_modes import metered
from frames_stage import make_clip

from cells import headline
from mainstream.api import EdgeNode, VideoStream
from mainstream.messages.node_profile import NodeProfile, read_node_profile
from mainstream.messages.runner_plan import RunnerStream
from mainstream.planner import Policy
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream.workload.problem import build_problem
from mainstream_runner.decoding.mode_meter import substream_mode
from mainstream_runner.profiling.node import profile_node
from measure import TITLES, planned
from packages import BASE
from play import play_plan
from pools import load_pool
from workloads import Workload, draw_workload, manifest

KEPT = FOLDER / "carried"
POLICIES: tuple[Policy, ...] = ("mainstream", "no-sharing", "max-sharing")
WORKLOADS = 1 if QUICK else 3
LEAST_F1 = 0.8
MOST_CAMERAS = 64
CORE = 1.0
BETTER = 3.0
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
APPS_ON_EACH = (2, 10)


@dataclass(frozen=True)
class _Node:
    """Cameras like each other, on each so many of a workload's apps in turn."""

    workload: Workload
    profile: NodeProfile
    apps_on_each: int

    def f1(self, policy: Policy, cameras: int, stand: Stand) -> float:
        """Mean F1 of alerts as played; an app that does not fit counts as 0."""
        placed = self._placed(cameras)
        node = EdgeNode.model_validate(manifest("EdgeNode", "box", {"budget": CORE}))
        plan = planned(build_problem(NodeWorkload(node, _of_cameras(self.profile, cameras), tuple(placed))), policy)
        package = {each.name: each.package.name for each in placed}
        scores = {
            (name, candidate): said
            for name, of in package.items()
            for (app, candidate), said in stand.test.items()
            if app == of
        }
        classes = {name: self.workload.event_classes[of] for name, of in package.items()}
        gaps_s = {each.name: each.merge_gap_s for each in placed}
        played = play_plan(plan.apps, scores, self.workload.stream, classes, gaps_s)
        return mean(each.alerts.f1 for each in played.values())

    def _placed(self, cameras: int) -> list[PlacedApp]:
        drawn = self.workload.node.apps
        placed = []
        for camera in range(cameras):
            spec = {"url": "file:stream.mp4", "framesPerSecond": _CAMERA_FPS, "node": {"name": "box"}}
            stream = VideoStream.model_validate(manifest("VideoStream", f"camera-{camera}", spec))
            for at in range(self.apps_on_each):
                like = drawn[(camera * self.apps_on_each + at) % len(drawn)]
                app = like.app.model_copy(
                    update={
                        "metadata": like.app.metadata.model_copy(update={"name": f"app-{camera}-{at}"}),
                        "spec": like.app.spec.model_copy(
                            update={"stream": like.app.spec.stream.model_copy(update={"name": f"camera-{camera}"})}
                        ),
                    }
                )
                placed.append(PlacedApp(app, stream, like.package))
        return placed


def main() -> int:
    """Measure, print, write; the exit code."""
    report = Report("carried")
    stand = Stand(load_pool("signs"))
    for picture in PICTURES:
        profile = _profile(picture)
        for apps in APPS_ON_EACH:
            _row(report, picture, profile, apps, stand)
    return report.write()


def _row(report: Report, picture: Picture, profile: NodeProfile, apps: int, stand: Stand) -> None:
    cell = headline("signs")
    nodes = [
        _Node(draw_workload(cell, index, stand.pool, stand.packages, stand.profile), profile, apps)
        for index in range(WORKLOADS)
    ]
    carried = {}
    for policy in POLICIES:
        carried[policy] = most(partial(_carries, nodes, policy, stand), MOST_CAMERAS)
        report.details[f"{picture.name}, {apps} apps, {policy}"] = carried[policy]
    best = max(carried[policy] for policy in POLICIES[1:])
    said = "; ".join(f"{TITLES[policy]} {of} cameras, {of * apps} apps" for policy, of in carried.items())
    report.row(
        f"one core, {apps} apps on each camera of {picture.name}, mean alert F1 of {LEAST_F1:g}: at most",
        said + (f" (no more than {MOST_CAMERAS} were tried)" if MOST_CAMERAS in carried.values() else ""),
        f"{BETTER:g} times the better baseline",
        carried["mainstream"] >= BETTER * best,
    )


def _carries(nodes: Sequence[_Node], policy: Policy, stand: Stand, cameras: int) -> bool:
    return mean(each.f1(policy, cameras, stand) for each in nodes) >= LEAST_F1


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


def _profile(picture: Picture) -> NodeProfile:
    """What a frame costs here with such a camera: measured once."""
    path = KEPT / f"profile-{picture.size[1]}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="mainstream-bench-") as name:
            path.write_text(_measured(picture, Path(name)).model_dump_json(indent=1), encoding="utf-8")
    return read_node_profile(path)


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


def _of_cameras(profile: NodeProfile, cameras: int) -> NodeProfile:
    """The profile with so many cameras like the one that was measured."""
    names = [f"camera-{number}" for number in range(cameras)]
    return profile.model_copy(
        update={
            "decode_s": {name: each for each in profile.decode_s.values() for name in names},
            "decode_modes": {name: each for each in profile.decode_modes.values() for name in names},
        }
    )


if __name__ == "__main__":
    sys.exit(main())
