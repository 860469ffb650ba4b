"""A running app whose package cannot be read goes on, whatever it runs with."""

from dataclasses import replace

import pytest

from mainstream.messages.runner_plan import RunnerApp
from mainstream.planner import solve
from mainstream.workload.kept_app import kept_app
from mainstream.workload.node_workload import NodeWorkload
from mainstream.workload.problem import build_problem


@pytest.mark.parametrize("merge_gap_s", [1.0, 3600.0])
def test_an_app_goes_on_whatever_its_merge_gap(workload: NodeWorkload, merge_gap_s: float) -> None:
    placed = workload.apps[0]
    package, candidate = placed.package, placed.package.candidates[0]
    entry = RunnerApp(
        name=placed.name,
        stream="hall",
        view="whole",
        base=package.base.name,
        base_digest=package.base.digest,
        package_digest="a" * 64,
        branch_point=candidate.branch_point,
        prefix_hash=package.prefix_hashes[candidate.branch_point],
        segments=candidate.segments,
        head=candidate.head,
        threshold=0.5,
        fps=float(placed.stream.spec.frames_per_second),
        votes=1,
        merge_gap_s=merge_gap_s,
    )
    kept = kept_app(placed.app, placed.stream, entry, [package])
    got = solve(replace(build_problem(replace(workload, apps=(kept,))), budget=10.0)).apps[0]
    assert (got.branch_point, got.fps, got.votes) == (entry.branch_point, entry.fps, entry.votes)
