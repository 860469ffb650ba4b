"""Apps of one tenant that are trained with a common private stem share deeper than the base network."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.errors import InvalidInputError
from mainstream.messages.node_profile import BaseProfile, NodeProfile
from mainstream.mpackage.reading import package_versions, verify_package
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.planner import Pin, solve
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream.workload.problem import branch_point_of, build_problem
from mainstream_trainer.data.preparation import Preparation
from mainstream_trainer.learn.common_stem import join_stems
from mainstream_trainer.training import Resources, train_app, train_apps

STEM = 11
NAME = "tuned-11"


@pytest.fixture(scope="module")
def requests(quick_request):
    """Two apps of one view with a common stem."""
    # A new head lets nothing through to the layers before it in its first step, so one step is not enough.
    settings = quick_request.settings.model_copy(update={"epochs": 4, "heads": ()})
    door = replace(quick_request, branch_points=(0, 15), common_stem=STEM, settings=settings)
    return [door, replace(door, app="gate")]


@pytest.fixture(scope="module")
def together(requests, tmp_path_factory):
    """Their store and their packages."""
    store = FolderStore(tmp_path_factory.mktemp("together"))
    return store, train_apps(requests, store, resources=Resources(workers=2))


def test_packages_have_the_segments_of_a_common_stem_in_common_and_nothing_else(together):
    store, (door, gate) = together
    for manifest in (door, gate):
        assert [candidate.branch_point for candidate in manifest.candidates] == [0, STEM, 15]
        assert verify_package(store, manifest) == []
    assert door.candidate(NAME).segments == gate.candidate(NAME).segments
    assert len(door.candidate(NAME).segments) == 15 - STEM
    assert door.candidate(NAME).segments[0].prefix_hash != door.prefix_hashes[STEM + 1]
    assert door.candidate(NAME).head != gate.candidate(NAME).head
    assert door.blobs & gate.blobs == {segment.blob for segment in door.candidate(NAME).segments}


def test_what_learns_together_is_part_of_what_a_package_says(together, requests):
    _, (door, gate) = together
    known = door.training.settings["common_stem"]
    assert known == gate.training.settings["common_stem"]
    assert known == {
        "branch_point": STEM,
        "apps": {"door": door.training.data_digest, "gate": gate.training.data_digest},
    }


def test_a_node_pays_once_for_a_common_stem_and_the_plan_names_it_for_both(together):
    _, (door, gate) = together
    workload = workload_of([door, gate])
    problem = build_problem(workload)
    shared = {app.candidates[1].segment for app in problem.apps}
    assert len(shared) == 1
    assert branch_point_of(shared.pop()) == 15
    pinned = replace(problem, pins=tuple(Pin(app.name, candidate=f"tuned-{STEM}", fps=1.0) for app in problem.apps))
    plan = solve(pinned)
    profile = workload.profile
    whole = profile.frame_s + profile.bases[door.base.name].stem_s[-1]
    assert plan.cost.total == pytest.approx(problem.overhead + whole + 2 * profile.app_s)
    first, second = compose_runner_plan(workload, plan).apps
    assert first.segments == second.segments
    assert len(first.segments) == 15 - STEM


def test_who_asked_first_and_a_kill_in_between_make_no_difference(together, requests, tmp_path):
    def kill(progress):
        if progress.detail == "branch-point 0":
            raise KeyboardInterrupt

    _, manifests = together
    store, resources = FolderStore(tmp_path / "store"), Resources(workers=1, work=tmp_path / "work")
    with pytest.raises(KeyboardInterrupt):
        train_apps(requests[::-1], store, resources=resources, on_progress=kill)
    assert package_versions(store, "door") == package_versions(store, "gate") == []
    gate, door = train_apps(requests[::-1], store, resources=resources)
    assert [door.digest, gate.digest] == [each.digest for each in manifests]
    records = [json.loads((store.folder / app / "1/record.json").read_text()) for app in ("door", "gate")]
    resumed = {r["candidates"][1]["resumed"] for r in records}
    assert True in resumed


def test_apps_with_a_common_stem_hold_out_the_same_frames(requests):
    alone = [Preparation().prepare(request) for request in requests]
    assert alone[0].held_out.blocks != alone[1].held_out.blocks
    first, second = (job.held_out for job in join_stems(alone, lambda _: "the same view"))
    assert first.blocks == second.blocks
    assert not np.isin(first.fit, second.frames).any()


@pytest.mark.parametrize("branch_point", [0, 15])
def test_the_extremes_that_the_baselines_need_are_never_common(requests, tmp_path, branch_point):
    with pytest.raises(InvalidInputError, match="common_stem: must lie between 0 and 15"):
        train_app(replace(requests[0], common_stem=branch_point), FolderStore(tmp_path))


def test_an_app_alone_has_nobody_to_share_a_stem_with(requests, tmp_path):
    with pytest.raises(InvalidInputError, match="app 'door' has no other to share a stem with"):
        train_app(requests[0], FolderStore(tmp_path))


def workload_of(packages):
    """The apps on one stream of a node whose costs are made up."""
    node = EdgeNode.model_validate({"metadata": {"name": "edge-1"}, "spec": {"budget": 0.5, "runner": {"cpu": 2}}})
    spec = {"url": "file:plaza.mp4", "framesPerSecond": 10, "node": {"name": "edge-1"}}
    stream = VideoStream.model_validate({"metadata": {"name": "plaza"}, "spec": spec})
    base = BaseProfile(
        digest=packages[0].base.digest,
        stem_s=[k * 0.001 for k in range(16)],
        head_s=[(15 - k) * 0.001 for k in range(16)],
        segment_bytes=[0] + [1000] * 15,
        head_bytes=10,
    )
    profile = NodeProfile(
        machine="paper",
        back_end="torch",
        versions={},
        bases={packages[0].base.name: base},
        frame_s=0.002,
        app_s=0.0003,
        decode_s={"plaza": 0.0015},
        idle=0.01,
    )
    return NodeWorkload(node, profile, tuple(PlacedApp(app_of(each.name), stream, each) for each in packages))


def app_of(name):
    """A VideoApp that looks at the whole picture."""
    spec = {"stream": {"name": "plaza"}, "package": {"reference": f"s3://packages/{name}@1"}}
    return VideoApp.model_validate({"metadata": {"name": name}, "spec": spec})
