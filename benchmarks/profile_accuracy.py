"""Does the profile predict what the runner uses? Profiles this node, then runs plans with random weights.

    python benchmarks/profile_accuracy.py CLIP [SECONDS]

Prints, for each plan, planned CPU-seconds a second (design: cost model), those that feeder, JVM and worker used, and
their ratio; each plan in a TorchServe of its own, as `mainstream run` would start it. Target: within 15 %.
"""

import sys
import tempfile
from pathlib import Path

from mainstream.nn.registry import load_base_network
from mainstream.node_profile import NodeProfile
from mainstream.runner_plan import RunnerPlan, RunnerStream
from mainstream_runner.profiling.node import profile_node
from mainstream_runner.profiling.synthetic import synthetic_plan
from mainstream_runner.run import run_plan
from mainstream_runner.views import plan_views

BASE = "efficientnet-lite0"
PLANS: tuple[tuple[str, bool, list[tuple[int, float]]], ...] = (
    ("six apps, all frozen", True, [(15, 10), (15, 10), (15, 8), (15, 6), (15, 5), (15, 5)]),
    ("six apps, staircase", True, [(15, 10), (14, 8), (12, 6), (12, 5), (9, 5), (6, 2)]),
    ("four apps, half", True, [(8, 8), (8, 8), (8, 4), (8, 2)]),
    ("six apps, no sharing, 2 fps", False, [(0, 2)] * 6),
    ("six apps, no sharing, mixed", False, [(0, 5), (0, 4), (0, 3), (0, 2), (0, 1), (0, 1)]),
)


def planned(plan: RunnerPlan, profile: NodeProfile) -> float:
    """CPU-seconds a second by the cost model."""
    total = profile.idle + sum(profile.decode_s[stream.name] * stream.fps for stream in plan.streams)
    for view in plan_views(plan):
        base = profile.bases[view.base]
        total += profile.frame_s * max(app.fps for app in view.apps)
        total += sum(base.head_s[app.branch_point] * app.fps for app in view.apps)
        for segment in range(1, len(base.stem_s)):
            rates = [app.fps for app in view.apps if app.branch_point >= segment]
            total += (base.stem_s[segment] - base.stem_s[segment - 1]) * max(rates, default=0.0)
    return total


def main(clip: Path, seconds: float) -> None:
    """Profile, run, compare."""
    stream = RunnerStream(name="clip", url=f"file:{clip}", fps=10.0, crops={"full": None})
    profile = profile_node([BASE], [stream])
    base = profile.bases[BASE]
    print(
        f"whole network {base.head_s[0] * 1e3:.2f} ms, frame {profile.frame_s * 1e3:.2f} ms, "
        f"decode {profile.decode_s['clip'] * 1e3:.2f} ms, idle {profile.idle * 1e3:.1f} ms/s",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        for name, sharing, apps in PLANS:
            plan = synthetic_plan(load_base_network(BASE), store, stream, apps, sharing=sharing)
            run = run_plan(plan, store, store / "out", end_frame=round(seconds * stream.fps))
            worst = max(abs(app.fps_achieved / app.fps_planned - 1) for app in run.apps)
            cost = planned(plan, profile)
            print(
                f"{name:30} planned {cost:.3f} used {run.cpu_used:.3f} ratio {run.cpu_used / cost:.2f} "
                f"worst rate {worst:.1%} dropped {sum(app.frames.dropped for app in run.apps)}",
                flush=True,
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 40.0)
