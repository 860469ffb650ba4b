from collections.abc import Callable
from dataclasses import replace

import pytest

from mainstream.alerts.merging import merged_events
from mainstream.api import VideoApp, VideoStream
from mainstream.errors import InvalidInputError
from mainstream.messages.node_profile import NodeProfile
from mainstream.mpackage.curve import ReplayedRate
from mainstream.mpackage.manifest import Blob, Manifest, PackedCandidate
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream.workload.problem import branch_point_of, build_problem

MakeApp = Callable[..., VideoApp]
MakePackage = Callable[..., Manifest]


def test_two_apps_on_one_view_share_the_public_stem(workload: NodeWorkload) -> None:
    problem = build_problem(workload)
    assert sorted(branch_point_of(segment.key) for segment in problem.segments) == [0, 1, 2, 3]
    deepest = {app.candidates[-1].segment for app in problem.apps}
    assert len(deepest) == 1


def test_apps_on_different_views_share_no_work_but_the_memory(workload: NodeWorkload, make_app: MakeApp) -> None:
    door, lift = workload.apps
    elsewhere = replace(lift, app=make_app("lift", stream={"name": "hall", "view": "left"}))
    problem = build_problem(replace(workload, apps=(door, elsewhere)))
    assert len(problem.segments) == 8
    assert len({segment.weights_key for segment in problem.segments}) == 4


def test_a_segment_costs_what_the_profile_says_and_the_root_what_a_frame_costs(workload: NodeWorkload) -> None:
    seconds = {branch_point_of(segment.key): segment.seconds for segment in build_problem(workload).segments}
    assert seconds == pytest.approx({0: 0.002, 1: 0.001, 2: 0.002, 3: 0.003})


def test_a_head_costs_all_after_its_branch_point(workload: NodeWorkload) -> None:
    app = build_problem(workload).apps[0]
    assert [candidate.head_s for candidate in app.candidates] == [0.0065, 0.0035, 0.0005]
    assert [candidate.head_bytes for candidate in app.candidates] == [4000, 2000, 1000]


def test_apps_of_a_tenant_that_have_private_segments_in_common_share_them(
    workload: NodeWorkload, make_package: MakePackage
) -> None:
    def private(app: str, end: int) -> str:
        return "c" * 64 if end == 3 else "f" * 64

    apps = tuple(replace(placed, package=make_package(placed.name, private)) for placed in workload.apps)
    problem = build_problem(replace(workload, apps=apps))
    shared = problem.apps[0].candidates[1]
    assert shared.segment == problem.apps[1].candidates[1].segment
    assert branch_point_of(shared.segment or "") == 3
    assert shared.head_s == 0.0005
    assert shared.head_bytes == 1000


def test_overhead_is_idle_plus_decoding_of_the_streams_in_use(workload: NodeWorkload) -> None:
    assert build_problem(workload).overhead == pytest.approx(0.01 + 10 * 0.0015)
    assert build_problem(replace(workload, apps=())).overhead == pytest.approx(0.01)


def test_the_budget_is_a_share_of_the_runners_cpu_limit(workload: NodeWorkload) -> None:
    assert build_problem(workload).budget == pytest.approx(1.0)


def test_an_app_overrides_event_statistics_votes_rates_and_objective(
    workload: NodeWorkload, stream: VideoStream, make_app: MakeApp, make_package: MakePackage
) -> None:
    app = make_app(
        "door",
        votes=2,
        rates=[1, 5],
        event={"lengthSeconds": 4},
        objective={"metric": "recall", "minimum": 0.2, "maximumFalseAlertsPerDay": 3},
    )
    problem = build_problem(replace(workload, apps=(PlacedApp(app, stream, make_package("door")),)))
    stated = problem.apps[0]
    assert (stated.votes, stated.allowed_rates) == ((2,), (1.0, 5.0))
    assert (stated.events.length_s, stated.events.frequency, stated.events.lengths_s) == (4.0, 0.3, ())
    assert (stated.objective.metric, stated.objective.minimum) == ("recall", 0.2)
    assert stated.objective.maximum_false_alerts_per_day == 3


@pytest.mark.parametrize(
    ("spec", "replayed"),
    [
        ({}, 1),
        ({"event": {"frequency": 0.5}}, 1),
        ({"event": {"lengthSeconds": 4}}, 0),
        ({"event": {"correlation": 0.9}}, 0),
        ({"mergeGapSeconds": 1.5}, 1),
        ({"mergeGapSeconds": 3.0}, 0),
    ],
)
def test_a_replay_of_other_events_than_the_apps_is_not_planned_with(
    workload: NodeWorkload,
    stream: VideoStream,
    make_app: MakeApp,
    make_package: MakePackage,
    spec: dict[str, object],
    replayed: int,
) -> None:
    package = make_package("door")
    curve = (ReplayedRate(threshold=0.5, fps=1.0, votes=1, recall=0.9, false_share=0.1),)
    candidates = tuple(each.model_copy(update={"replayed": curve}) for each in package.candidates)
    placed = PlacedApp(make_app("door", **spec), stream, package.model_copy(update={"candidates": candidates}))
    stated = build_problem(replace(workload, apps=(placed,))).apps[0]
    assert {len(each.replayed) for each in stated.candidates} == {replayed}
    assert ("predicted by the law" in stated.note) is not replayed


RUNS_S = ((0.0, 1.0), (2.5, 4.5), (20.0, 21.5))


def test_the_merge_gap_is_the_packages_unless_the_app_asks_for_another(
    workload: NodeWorkload, stream: VideoStream, make_app: MakeApp, make_package: MakePackage
) -> None:
    package = make_package("door")
    statistics = package.event_statistics.model_copy(
        update={"merge_gap_s": 1.6, "runs_s": RUNS_S, "footage_s": 60.0, "lengths_s": ()}
    )
    package = package.model_copy(update={"event_statistics": statistics})
    for spec, length_s, count in (({}, 3.0, 2), ({"mergeGapSeconds": 1.0}, 1.5, 3)):
        placed = PlacedApp(make_app("door", **spec), stream, package)
        events = merged_events(build_problem(replace(workload, apps=(placed,))).apps[0].events)
        assert (events.gap_s, events.length_s, events.count) == (placed.merge_gap_s, length_s, count)


def test_an_app_that_states_its_own_length_is_not_planned_by_the_labelled_runs(
    workload: NodeWorkload, stream: VideoStream, make_app: MakeApp, make_package: MakePackage
) -> None:
    package = make_package("door")
    statistics = package.event_statistics.model_copy(update={"runs_s": RUNS_S, "footage_s": 45.0})
    placed = PlacedApp(
        make_app("door", event={"lengthSeconds": 4}),
        stream,
        package.model_copy(update={"event_statistics": statistics}),
    )
    events = merged_events(placed.event_statistics)
    assert (events.length_s, events.count, events.gap_s) == (4.0, 0, 1.5)
    assert events.frequency == pytest.approx((4.5 + 1.5) / 45)


def test_a_rate_above_the_streams_is_an_error_that_names_the_app(
    workload: NodeWorkload, stream: VideoStream, make_app: MakeApp, make_package: MakePackage
) -> None:
    placed = PlacedApp(make_app("door", rates=[5, 20]), stream, make_package("door"))
    with pytest.raises(InvalidInputError, match=r"VideoApp door: spec.rates: 20 is more than the stream's 10"):
        build_problem(replace(workload, apps=(placed,)))


def test_a_base_that_was_not_profiled_is_an_error_that_names_the_app(
    workload: NodeWorkload, profile: NodeProfile
) -> None:
    bare = profile.model_copy(update={"bases": {}})
    with pytest.raises(InvalidInputError, match=r"VideoApp door: spec.package: .*does not cover base network 'tiny'"):
        build_problem(replace(workload, profile=bare))


def test_a_base_whose_weights_travel_with_the_package_costs_what_the_node_measured_with_others(
    workload: NodeWorkload,
) -> None:
    measured = build_problem(workload)
    brought = bringing_weights(workload, "e" * 64, 3)
    assert [segment.seconds for segment in build_problem(brought).segments] == [s.seconds for s in measured.segments]
    assert [c.head_s for c in build_problem(brought).apps[0].candidates] == [
        c.head_s for c in measured.apps[0].candidates
    ]


@pytest.mark.parametrize("depth", [0, 4])
def test_a_base_of_other_weights_or_cuts_than_the_node_measured_is_not_covered(
    workload: NodeWorkload, depth: int
) -> None:
    with pytest.raises(InvalidInputError, match="does not cover base network 'tiny'"):
        build_problem(bringing_weights(workload, "e" * 64, depth))


def bringing_weights(workload: NodeWorkload, digest: str, depth: int) -> NodeWorkload:
    """The workload with packages of another base network, which bring the weights of so many segments."""
    apps = []
    for placed in workload.apps:
        segments = tuple(Blob(sha256=f"{k}" * 64, size_bytes=1) for k in range(depth))
        base = placed.package.base.model_copy(update={"digest": digest, "segments": segments})
        changes: dict[str, object] = {"base": base}
        if depth > 3:
            changes["prefix_hashes"] = (*placed.package.prefix_hashes, "9" * 64)
        apps.append(replace(placed, package=placed.package.model_copy(update=changes)))
    return replace(workload, apps=tuple(apps))


def test_recall_is_planned_over_the_lengths_that_were_measured(workload: NodeWorkload) -> None:
    assert build_problem(workload).apps[0].events.lengths_s == (0.5, 2.5)


def test_memory_is_what_the_limit_leaves_beside_the_processes(workload: NodeWorkload) -> None:
    assert build_problem(workload).memory_bytes is None
    profile = workload.profile.model_copy(update={"resident_bytes": 500 << 20})
    limit_mebibytes = workload.node.spec.runner.memory_mebibytes
    assert build_problem(replace(workload, profile=profile)).memory_bytes == (limit_mebibytes - 500) << 20


def test_a_base_networks_workspace_counts_once_for_all_views(workload: NodeWorkload, make_app: MakeApp) -> None:
    door, lift = workload.apps
    elsewhere = replace(lift, app=make_app("lift", stream={"name": "hall", "view": "left"}))
    base = workload.profile.bases["tiny"].model_copy(update={"workspace_bytes": 7000})
    profile = workload.profile.model_copy(update={"bases": {"tiny": base}})
    roots = [
        s for s in build_problem(replace(workload, apps=(door, elsewhere), profile=profile)).segments if not s.parent
    ]
    assert [root.bytes for root in roots] == [7000, 7000]
    assert len({root.weights_key for root in roots}) == 1


def test_every_app_pays_for_its_votes_and_counts(workload: NodeWorkload) -> None:
    profile = workload.profile.model_copy(update={"app_s": 0.0001})
    app = build_problem(replace(workload, profile=profile)).apps[0]
    assert [candidate.head_s for candidate in app.candidates] == pytest.approx([0.0066, 0.0036, 0.0006])


def test_weights_take_what_their_package_says_of_them(workload: NodeWorkload) -> None:
    placed = workload.apps[0]
    head = Blob(sha256="f" * 64, size_bytes=1 << 20)
    segments = tuple(
        each.model_copy(update={"blob": each.blob.model_copy(update={"size_bytes": 1 << 29})})
        for each in placed.package.candidates[0].segments
    )
    first = placed.package.candidates[0].model_copy(update={"head": head, "segments": segments})
    package = placed.package.model_copy(update={"candidates": (first, *placed.package.candidates[1:])})
    problem = build_problem(replace(workload, apps=(replace(placed, package=package), *workload.apps[1:])))
    sizes = [candidate.head_bytes for candidate in problem.apps[0].candidates]
    assert sizes[0] == (1 << 20) + len(segments) * (1 << 29)
    assert max(sizes[1:]) < 1 << 20


SIZES = {
    "pool-linear": 4096 + 4 * 25,
    "pooled": 4096 + 4 * (25 * 16 + 17),
    "flat": 4096 + 4 * (25 * 16 + 600 * 16 + 1),
    "flat-dw": 4096 + 4 * (25 * 16 + 10 * 16 + 600 * 16 + 1),
    "attention": 64 << 20,
}
"""most bytes of a head of 16 channels on a map of 24 channels with 20x30 places"""


def test_a_head_that_says_it_is_larger_than_its_kind_can_be_is_no_head(workload: NodeWorkload) -> None:
    plain = workload.apps[0].package.candidates[0].model_dump(mode="json")
    for kind, most_bytes in SIZES.items():
        form = {"kind": kind, "width": 16, "map": (24, 20, 30)}
        plain |= {"head_form": form, "head": {"sha256": "f" * 64, "size_bytes": most_bytes}}
        PackedCandidate.model_validate(plain)
        plain["head"]["size_bytes"] += 1
        with pytest.raises(ValueError, match="the head has"):
            PackedCandidate.model_validate(plain)
