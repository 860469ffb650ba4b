"""Figure 1, live: plans of the abstract's regime in real time through feeder and TorchServe, against what was played.

    python benchmarks/evidence/live_runs.py [--pictures FOLDER]

The first workloads of the headline cell under every policy: planned against achieved rate, cost against CPU used, and
live F1 against the F1 that playing gives for the same frames. Which and how long is fixed here. A node does about its
costs what it does in a cluster: the profile is measured at its first start, checked at later ones, each minute says
what frames cost against it, and the next plan takes that up by the operator's rule. What is reported of each policy is
its second minute; the first is told beside.
"""

import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np

import stage
from cells import LIVE_WORKLOADS, Cell, headline
from drawing import COLOURS, MARKERS, label, panels, save
from live import LiveFrame, encode_stream, measure_profile, play_live, score_live
from mainstream.decide.slowdown import next_slowdown, slowed
from mainstream.laws.voting import Voter
from mainstream.messages.node_profile import NodeProfile, read_node_profile
from mainstream.planner import Plan, Policy, solve
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.problem import build_problem
from mainstream_runner.plan_cost import expected_cost
from mainstream_runner.profiling.drift import drifted_bases
from mainstream_runner.profiling.known_profile import known_profile
from mainstream_runner.run_result import RunResult
from mainstream_runner.serving.torchserve import torchserve
from mainstream_trainer.measure.picture_replay import due_frames
from mainstream_trainer.measure.picture_streams import PictureStream
from measure import GAP, POLICIES, TITLES, result_of
from packages import BASE, STORE
from replayed import with_curves
from results import QUICK, kept, write_figure
from workloads import STREAM, Workload, budget, node_of
from yardstick import measured_beside

NAME = "live_runs"
WORKLOADS = 1 if QUICK else LIVE_WORKLOADS
SECONDS = 20 if QUICK else 60
LEARNING = 1
"""minutes before the one that is reported, whose cost ratio goes into the next plan as the operator has it"""
LIVE_POLICIES: tuple[Policy, ...] = POLICIES[:3] if QUICK else POLICIES
RATE_TARGET, CPU_TARGET = 0.05, 0.10


def main() -> int:
    """Run live what has not been run yet, then draw and write."""
    pools = stage.arguments(__doc__)
    runs: list[dict[str, Any]] = []
    for pool in pools:
        cell = headline(pool)
        for index in range(WORKLOADS):
            path = stage.work_folder("live") / f"{cell.name}-{index:02d}-{SECONDS}-{stage.key(cell)}.json"
            runs += kept(path, partial(run_node, cell, index))
    draw(runs)
    write_figure(NAME, {"pools": pools, "seconds": SECONDS, "runs": runs, "summary": summary(runs)})
    return 0


def run_node(cell: Cell, index: int) -> list[dict[str, Any]]:
    """One workload on one node that runs all the time: each policy's plan for a minute that the loop learns from, and
    for the one after it."""
    drawn = stage.workload(cell, index)
    frames = round(SECONDS * drawn.stream.fps)
    out = stage.work_folder(f"live/{cell.name}-{index:02d}")
    packages = {placed.name: placed.package for placed in drawn.node.apps}
    size = next(iter(packages.values())).base.preprocessing
    pictures = stage.pool(cell.pool).test.views(int(size["height"]), int(size["width"]))
    clip = encode_stream(pictures, drawn.stream.pictures[:frames], drawn.stream.fps, out / "stream.mp4")
    first_start, curves = first_profile(cell, index), stage.curves_of(cell, index)
    runs: list[dict[str, Any]] = []
    slowdown = 1.0
    with torchserve() as server:
        started = checked_profile(first_start, server.port)
        for policy in LIVE_POLICIES:
            minutes: list[dict[str, Any]] = []
            for _ in range(1 + LEARNING):
                node = node_of(packages, drawn.stream.fps, slowed(started, slowdown), url=f"file:{clip.resolve()}")
                # What No-Sharing affords is told by the profile of the start, and stays.
                problem = replace(build_problem(node), budget=budget(cell, replace(node, profile=started)))
                plan = solve(with_curves(problem, curves), policy=policy, gap=GAP)
                orders = compose_runner_plan(node, plan)
                with measured_beside() as yardstick:
                    report, analysed = play_live(server, orders, STORE, out, frames)
                told = {"slowdown": slowdown, "yardstick_s": yardstick.mean_s}
                minutes.append(compare(drawn, plan, frames, report, analysed) | told)
                print(said(minutes[-1]), flush=True)
                rates = {app.name: app.fps_achieved for app in report.apps}
                slowdown = next_slowdown(slowdown, report.cpu_used / expected_cost(orders, rates, started))
            runs.append({**minutes[-1], "before": minutes[:-1]})
    return runs


def first_profile(cell: Cell, index: int) -> NodeProfile:
    """The profile of the node's first start; kept, as a node keeps it on disk."""
    path = stage.work_folder("live") / f"{cell.name}-{index:02d}-profile-{stage.key(cell)}.json"
    if not path.exists():
        measured = measure_profile(BASE, STREAM, stage.pool(cell.pool).held_out)
        path.write_text(measured.model_dump_json(indent=1), encoding="utf-8")
    return read_node_profile(path)


def checked_profile(known: NodeProfile, port: int) -> NodeProfile:
    """The profile as the runner takes it up at a later start, when plans are there: what drifted is scaled."""
    taken_up = known_profile(known)
    assert taken_up is not None
    for name, base in drifted_bases(taken_up.bases, port).items():
        assert base is not None
        taken_up.bases[name] = base
    profile = taken_up.profile()
    assert profile is not None
    return profile


def compare(drawn: Workload, plan: Plan, frames: int, report: RunResult, analysed: list[LiveFrame]) -> dict[str, Any]:
    """What ran against what was planned and what playing says of the same frames."""
    cell, known = drawn.cell, stage.scores(drawn.cell.pool, stage.apps_of(drawn.cell))
    live = {
        name: score_live(analysed, name, drawn.stream, frames, classes, drawn.gaps_s[name])
        for name, classes in drawn.event_classes.items()
    }
    played = played_frames(plan, drawn.stream, frames, known)
    expected = {
        name: score_live(played, name, drawn.stream, frames, classes, drawn.gaps_s[name])
        for name, classes in drawn.event_classes.items()
    }
    ours = result_of(plan, live, drawn.gaps_s)
    theirs = result_of(plan, expected, drawn.gaps_s)
    points = {app.name: (app.candidate, app.threshold) for app in plan.apps}
    differences, flips = [], 0
    for each in analysed:
        candidate, threshold = points[each.app]
        assert candidate is not None
        assert threshold is not None
        score = float(known[each.app, candidate][drawn.stream.pictures[each.frame]])
        differences.append(abs(score - each.score))
        flips += (score >= threshold) != (each.score >= threshold)
    return {
        "cell": asdict(cell) | {"name": cell.name},
        "workload": drawn.index,
        "policy": plan.policy,
        "seconds": report.seconds,
        "cost": report.cost,
        "cpu_used": report.cpu_used,
        "rates": {app.name: [app.fps_planned, app.fps_achieved] for app in report.apps},
        "dropped": sum(app.frames.dropped for app in report.apps),
        "frames": len(analysed),
        "score_difference_p99": float(np.percentile(differences, 99)) if differences else 0.0,
        "hits_that_differ": flips / max(1, len(analysed)),
        "f1_live": [app["f1"] for app in ours["apps"]],
        "f1_played": [app["f1"] for app in theirs["apps"]],
        "events": sum(app["events"] for app in ours["apps"]),
    }


def played_frames(
    plan: Plan, stream: PictureStream, frames: int, scores: Mapping[tuple[str, str], Any]
) -> list[LiveFrame]:
    """What playing says of the first frames, in the form of a live run."""
    fitting = [app for app in plan.apps if app.fps is not None]
    due = due_frames((app.fps for app in fitting if app.fps is not None), stream)
    found = []
    for app in fitting:
        assert app.fps is not None
        assert app.candidate is not None
        voter, shown = Voter(app.votes or 1), scores[app.name, app.candidate]
        for frame in due[app.fps][due[app.fps] < frames].tolist():
            score = float(shown[stream.pictures[frame]])
            found.append(LiveFrame(app.name, frame, score, voter.decide(score >= (app.threshold or 0.0))))
    return found


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Over all runs: rates, CPU, F1."""
    rates = [achieved / planned - 1 for run in runs for planned, achieved in run["rates"].values()]
    cpu = [run["cpu_used"] / run["cost"] - 1 for run in runs]
    open_loop = [minute["cpu_used"] / minute["cost"] - 1 for run in runs for minute in run["before"]]
    f1 = [np.mean(run["f1_live"]) - np.mean(run["f1_played"]) for run in runs]
    apps = [abs(a - b) for run in runs for a, b in zip(run["f1_live"], run["f1_played"], strict=True)]
    return {
        "apps": len(rates),
        "rate_worst": float(np.abs(rates).max()),
        "rate_within_target": float(np.mean(np.abs(rates) <= RATE_TARGET)),
        "cpu_over_cost": {"worst": float(np.abs(cpu).max()), "all": [float(each) for each in cpu]},
        "cpu_over_cost_before": {"worst": float(np.abs(open_loop).max()), "all": [float(each) for each in open_loop]},
        "cpu_within_target": int(np.sum(np.abs(cpu) <= CPU_TARGET)),
        "cpu_within_target_before": int(np.sum(np.abs(open_loop) <= CPU_TARGET)),
        "yardstick_s": [
            minute["yardstick_s"] for run in runs for minute in (*run["before"], run) if "yardstick_s" in minute
        ],
        "mean_f1_difference_worst": float(np.abs(f1).max()),
        "app_f1_difference_mean": float(np.mean(apps)),
        "hits_that_differ_worst": max(run["hits_that_differ"] for run in runs),
    }


def said(run: Mapping[str, Any]) -> str:
    """One line about a run."""
    worst = max((abs(achieved / planned - 1) for planned, achieved in run["rates"].values()), default=0.0)
    return (
        f"live {run['cell']['name']} {run['workload']} {run['policy']}: worst rate {100 * worst:.1f} %, CPU "
        f"{run['cpu_used']:.3f} of {run['cost']:.3f}, F1 {np.mean(run['f1_live']):.3f} "
        f"(played {np.mean(run['f1_played']):.3f}), {100 * run['hits_that_differ']:.2f} % hits differ"
    )


def draw(runs: list[dict[str, Any]]) -> None:
    """Achieved over planned rate, CPU over cost with the target's bounds, live over played F1."""
    figure, axes = panels(3)
    for policy in LIVE_POLICIES:
        style: dict[str, Any] = {"color": COLOURS[policy], "marker": MARKERS[policy], "s": 18, "alpha": 0.8}
        mine = [run for run in runs if run["policy"] == policy]
        rates = [pair for run in mine for pair in run["rates"].values()]
        axes[0].scatter([a for a, _ in rates], [b for _, b in rates], label=TITLES[policy], **style)
        axes[1].scatter([run["cost"] for run in mine], [run["cpu_used"] for run in mine], **style)
        first = [minute for run in mine for minute in run["before"]]
        hollow = style | {"facecolors": "none", "alpha": 0.6}
        axes[1].scatter([minute["cost"] for minute in first], [minute["cpu_used"] for minute in first], **hollow)
        axes[2].scatter(
            [f for run in mine for f in run["f1_played"]], [f for run in mine for f in run["f1_live"]], **style
        )
    for at, (x, y) in zip(
        axes,
        (
            ("planned frames a second", "achieved"),
            ("planned CPU-seconds a second", "used (hollow: the minute before)"),
            ("played F1 of alerts", "live, same frames"),
        ),
        strict=True,
    ):
        low, high = min(*at.get_xlim(), *at.get_ylim()), max(*at.get_xlim(), *at.get_ylim())
        at.plot([low, high], [low, high], color="black", linewidth=0.8, zorder=0)
        label(at, x, y)
    ends = axes[1].get_xlim()
    for bound in (1 - CPU_TARGET, 1 + CPU_TARGET):
        axes[1].plot(ends, [bound * end for end in ends], "--", color="grey", linewidth=0.8, zorder=0)
    axes[0].legend(fontsize=7)
    save(figure, NAME)


if __name__ == "__main__":
    sys.exit(main())
