"""Figure 2: throughput over shared depth and 1 to 16 apps, against networks side by side, and what costs allow.

    python benchmarks/evidence/throughput.py

Frames times apps a second when saturated, on one core: the shared stem through TorchServe, separate TorchServe models,
OpenVINO and ONNX Runtime sessions, as `make bench-runner` measures them (same back end, precision and threads). Beside
it the ratio that the linear cost model allows with measured segments, and the bound that the operations allow.
"""

import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import torch

import stage
from cells import THROUGHPUT_APPS
from drawing import MARKS, OTHERS, label, panels, save
from mainstream.nn.network import Network
from mainstream.nn.registry import load_base_network
from mainstream_runner.engine.calibration import BackEndChoice
from mainstream_runner.engine.openvino_cpu import OpenVinoCpu
from mainstream_runner.engine.templates import Templates
from mainstream_runner.profiling.parts import measure_parts
from mainstream_runner.profiling.synthetic import synthetic_plan
from mainstream_runner.serving.torchserve import torchserve
from results import QUICK, kept, write_figure

sys.path.append(str(Path(__file__).parents[1]))

import runner_throughput as bench
from runner_stage import below, clip_stream, on_core, pin, pixels, rounds

NAME = "throughput"
APPS = (1, 8) if QUICK else THROUGHPUT_APPS
ROUND_S = 2.0 if QUICK else 5.0
ROUNDS = 2 if QUICK else 3
WAYS = {
    "ours": "Mainstream through TorchServe",
    "models": "separate TorchServe models",
    "openvino": "OpenVINO sessions",
    "onnxruntime": "ONNX Runtime sessions",
}


def main() -> int:
    """Measure every point that has not been measured yet; draw and write."""
    torch.set_num_threads(1)
    bench.ROUND_S = ROUND_S
    network = load_base_network(bench.BASE)
    depths = (network.depth,) if QUICK else (bench.middle(network), network.depth)
    points = []
    for depth in depths:
        for apps in APPS:
            path = stage.work_folder("throughput") / f"{bench.BASE}-{depth}-{apps}.json"
            points.append(kept(path, partial(measure_point, network, depth, apps)))
            print(points[-1], flush=True)
    costs = kept(stage.work_folder("throughput") / f"{bench.BASE}-costs.json", partial(measure_costs, network))
    for point in points:
        point["cost_model"] = allowed(point, costs)
        point["operations"] = bound(network, point["depth"], point["apps"])
    draw(points)
    write_figure(NAME, {"base": bench.BASE, "points": points, "costs": costs})
    return 0


def measure_point(network: Network, depth: int, apps: int) -> dict[str, Any]:
    """Frames times apps a second of every way, taken in turns so that none has the quieter machine."""
    with tempfile.TemporaryDirectory(prefix="mainstream-evidence-") as folder, ExitStack() as opened:
        store, cache = Path(folder) / "store", Path(folder) / "cache"
        plan = synthetic_plan(network, store, clip_stream(fps=1000.0), [(depth, 1000.0)] * apps, sharing=True)
        frames = pixels(bench.FRAMES, network.preprocessing.height)
        names = [f"app-{number}" for number in range(apps)]
        ours = opened.enter_context(torchserve(cache=cache))
        apart = opened.enter_context(torchserve(cache=cache, models=names))
        for server in (ours, apart):
            pin(below(server.guard), [bench.CORE])
        measured = rounds(
            {
                "ours": bench.through_torchserve(opened, ours, plan, store, frames),
                "models": bench.as_models(opened, apart, names, plan, store, frames),
                "openvino": bench.in_turn(bench.openvino_sessions(network, store, plan.apps), frames),
                "onnxruntime": bench.in_turn(bench.onnx_sessions(network, store, plan.apps, Path(folder)), frames),
            },
            ROUNDS,
        )
    return {"depth": depth, "apps": apps, "share": network.branch_points[depth].cost_share, **measured}


def measure_costs(network: Network) -> dict[str, Any]:
    """CPU-seconds from the input to every branch-point, and from there to one app's features, back to back."""
    with tempfile.TemporaryDirectory(prefix="mainstream-evidence-") as folder:
        back_end = OpenVinoCpu(Templates(Path(folder) / "templates"))
        with on_core(bench.CORE):
            parts = measure_parts(network, BackEndChoice(back_end), fps=1000.0, seconds=0.3 if QUICK else 1.0)
    return {"stem_s": list(parts.stem_s), "rest_s": list(parts.rest_s), "preprocessing_s": parts.preprocessing_s}


def allowed(point: dict[str, Any], costs: dict[str, Any]) -> float:
    """How many times the throughput of whole networks side by side the linear cost model allows."""
    depth, apps = point["depth"], point["apps"]
    whole_s = costs["preprocessing_s"] + costs["stem_s"][-1] + costs["rest_s"][-1]
    shared_s = costs["preprocessing_s"] + costs["stem_s"][depth] + apps * costs["rest_s"][depth]
    return float(apps * whole_s / shared_s)


def bound(network: Network, depth: int, apps: int) -> float:
    """The same if time were operations."""
    share = network.branch_points[depth].cost_share
    return apps / (share + apps * (1 - share))


def draw(points: list[dict[str, Any]]) -> None:
    """Throughput over apps, a panel a depth; and ratios to OpenVINO sessions, with what is allowed."""
    depths = sorted({point["depth"] for point in points})
    figure, axes = panels(2, len(depths))
    for row, depth in enumerate(depths):
        here = [point for point in points if point["depth"] == depth]
        apps = [point["apps"] for point in here]
        for number, (way, title) in enumerate(WAYS.items()):
            colour, mark = OTHERS[4 + number % 4], MARKS[number]
            axes[2 * row].plot(apps, [point[way] for point in here], color=colour, marker=mark, label=title)
            if way != "ours":
                ratio = [point["ours"] / point[way] for point in here]
                axes[2 * row + 1].plot(apps, ratio, color=colour, marker=mark, label=f"over {title}")
        for what, style in (("cost_model", "--"), ("operations", ":")):
            title = "linear cost model" if what == "cost_model" else "bound by operations"
            axes[2 * row + 1].plot(apps, [point[what] for point in here], style, color="black", label=title)
        for at in axes[2 * row : 2 * row + 2]:
            at.set_xticks(apps)
        label(axes[2 * row], "apps", "frames x apps a second", f"branch-point {depth}")
        label(axes[2 * row + 1], "apps", "times the throughput", f"branch-point {depth}")
    for at in axes[:2]:
        at.legend(fontsize=7)
    save(figure, NAME)


if __name__ == "__main__":
    sys.exit(main())
