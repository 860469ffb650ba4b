"""A running app whose package cannot be read goes on, whatever it runs with."""

from dataclasses import replace

import pytest

from mainstream.messages.runner_plan import RunnerApp
from mainstream.planner import solve
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.kept_app import kept_app
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream.workload.problem import build_problem


def entry_of(placed: PlacedApp, merge_gap_s: float) -> RunnerApp:
    """What the runner was told of the app last."""
    package, candidate = placed.package, placed.package.candidates[0]
    return RunnerApp(
        name=placed.name,
        stream=placed.stream_name,
        view=placed.app.spec.stream.view,
        base=package.base.name,
        base_digest=package.base.digest,
        package_digest="a" * 64,
        candidate=candidate.name,
        kind=candidate.kind,
        branch_point=candidate.branch_point,
        prefix_hash=package.prefix_hashes[candidate.branch_point],
        segments=candidate.segments,
        head_form=candidate.head_form,
        head=candidate.head,
        threshold=0.5,
        fps=float(placed.stream.spec.frames_per_second),
        votes=1,
        merge_gap_s=merge_gap_s,
    )


@pytest.mark.parametrize("merge_gap_s", [1.0, 3600.0])
def test_an_app_goes_on_whatever_its_merge_gap(workload: NodeWorkload, merge_gap_s: float) -> None:
    placed = workload.apps[0]
    entry = entry_of(placed, merge_gap_s)
    kept = kept_app(placed.app, placed.stream, entry, [placed.package])
    got = solve(replace(build_problem(replace(workload, apps=(kept,))), budget=10.0)).apps[0]
    assert (got.candidate, got.fps, got.votes) == (entry.candidate, entry.fps, entry.votes)


def test_what_needs_no_package_follows_the_spec_of_now(workload: NodeWorkload) -> None:
    placed = workload.apps[0]
    changed = {"merge_gap_seconds": 4.0, "cooldown_seconds": 30.0}
    app = placed.app.model_copy(update={"spec": placed.app.spec.model_copy(update=changed)})
    kept = kept_app(app, placed.stream, entry_of(placed, 1.0), [placed.package])
    alone = replace(workload, apps=(kept,))
    (ordered,) = compose_runner_plan(alone, solve(replace(build_problem(alone), budget=10.0))).apps
    assert (ordered.merge_gap_s, ordered.cooldown_s) == (4.0, 30.0)
    assert ordered.package_digest == "a" * 64
