"""What a node is to do, from what was observed."""

from operator_objects import app_body, edge_node_body, manifest, node_profile, observed, stream_body

from mainstream.api.reasons import Reason
from mainstream.decide.inputs import PackageState
from mainstream.decide.refusal import Refusal
from mainstream.mpackage.manifest import Blob
from mainstream_operator.decide.decide import decide, wanted_of
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.watch.cluster_state import ClusterState


def test_apps_that_can_be_used_are_planned_together(cluster: ClusterState) -> None:
    decision = decide(observed(cluster), KeptPlanning())
    assert not decision.refused
    assert not decision.waiting
    assert decision.runner_plan is not None
    assert [app.name for app in decision.runner_plan.apps] == ["plaza/crossing", "plaza/lamp-post"]
    assert decision.runner_plan.cost <= decision.runner_plan.budget == 0.5


def test_the_plan_does_not_depend_on_the_order_in_which_things_were_seen(cluster: ClusterState) -> None:
    other = ClusterState()
    other.note_resource("VideoApp", app_body("lamp-post"), gone=False)
    other.note_resource("VideoApp", app_body("crossing"), gone=False)
    other.note_resource("VideoStream", stream_body(), gone=False)
    other.edge_nodes, other.kubernetes_nodes = cluster.edge_nodes, cluster.kubernetes_nodes
    plans = [decide(observed(each), KeptPlanning()).runner_plan for each in (cluster, other)]
    assert plans[0] is not None
    assert plans[0] == plans[1]


def test_a_package_that_cannot_be_read_touches_nobody_else(cluster: ClusterState) -> None:
    broken = PackageState(refusal=Refusal(Reason.PACKAGE_CORRUPT, "Broken."))
    decision = decide(observed(cluster, crossing=broken), KeptPlanning())
    assert decision.refused["plaza/crossing"].reason == "PackageCorrupt"
    assert decision.runner_plan is not None
    assert [app.name for app in decision.runner_plan.apps] == ["plaza/lamp-post"]


def test_a_running_app_whose_package_is_not_known_goes_on_as_it_runs(cluster: ClusterState) -> None:
    away = PackageState(refusal=Refusal(Reason.STORE_UNREACHABLE, "Away."))
    both = decide(observed(cluster), KeptPlanning()).runner_plan
    for unknown in (away, PackageState()):
        decision = decide(observed(cluster, running=both, crossing=unknown, lamp_post=unknown), KeptPlanning())
        assert decision.runner_plan == both
        assert "goes on as it runs" in decision.waiting["plaza/crossing"].message
    cluster.note_resource("VideoApp", app_body("lamp-post", suspend=True), gone=False)
    decision = decide(observed(cluster, running=both, crossing=away), KeptPlanning())
    assert decision.runner_plan is not None
    assert [app.name for app in decision.runner_plan.apps] == ["plaza/crossing"]


def test_an_app_that_was_never_read_waits_alone(cluster: ClusterState) -> None:
    one = decide(observed(cluster, crossing=PackageState()), KeptPlanning()).runner_plan
    assert one is not None
    assert [app.name for app in one.apps] == ["plaza/lamp-post"]
    decision = decide(observed(cluster, running=one, crossing=PackageState()), KeptPlanning())
    assert decision.runner_plan == one
    assert decision.waiting["plaza/crossing"].reason == "PackageBeingRead"


def test_a_view_that_the_stream_has_not_is_refused(cluster: ClusterState) -> None:
    cluster.note_resource("VideoApp", app_body("crossing", stream={"name": "plaza", "view": "door"}), gone=False)
    assert decide(observed(cluster), KeptPlanning()).refused["plaza/crossing"].reason == "ViewNotFound"


def test_another_namespace_needs_leave_and_learns_nothing_without(cluster: ClusterState) -> None:
    stranger = app_body("crossing", stream={"name": "plaza", "namespace": "plaza", "view": "door"})
    stranger["metadata"]["namespace"] = "harbour"
    cluster.note_resource("VideoApp", stranger, gone=False)
    assert decide(observed(cluster), KeptPlanning()).refused["harbour/crossing"].reason == "StreamNotAllowed"
    cluster.note_resource("VideoStream", stream_body(allowedNamespaces=["harbour"]), gone=False)
    assert decide(observed(cluster), KeptPlanning()).refused["harbour/crossing"].reason == "ViewNotFound"


def test_a_suspended_app_waits_and_frees_its_share(cluster: ClusterState) -> None:
    cluster.note_resource("VideoApp", app_body("crossing", suspend=True), gone=False)
    decision = decide(observed(cluster), KeptPlanning())
    assert decision.waiting["plaza/crossing"].reason == "Suspended"
    assert decision.runner_plan is not None
    assert len(decision.runner_plan.apps) == 1


def test_a_base_with_another_digest_is_not_to_be_had(cluster: ClusterState) -> None:
    profile = node_profile("plaza/plaza").model_dump()
    profile["bases"]["lite"]["digest"] = "e" * 64
    cluster.note_resource("EdgeNode", edge_node_body(profile=profile), gone=False)
    assert decide(observed(cluster), KeptPlanning()).refused["plaza/crossing"].reason == "BaseUnavailable"


def test_an_app_that_brings_its_bases_weights_is_planned_by_what_others_of_that_network_cost(
    cluster: ClusterState,
) -> None:
    package = manifest("crossing")
    segments = tuple(Blob(sha256=f"{k}" * 64, size_bytes=10) for k in range(3))
    base = package.base.model_copy(update={"digest": "e" * 64, "segments": segments})
    brings = PackageState(manifest=package.model_copy(update={"base": base}))
    decision = decide(observed(cluster, crossing=brings), KeptPlanning())
    assert not decision.refused
    assert decision.runner_plan is not None
    planned = {app.name: app for app in decision.runner_plan.apps}
    assert planned["plaza/crossing"].base_digest == "e" * 64
    assert planned["plaza/crossing"].base_segments == segments
    assert planned["plaza/lamp-post"].base_digest == package.base.digest


def test_what_is_not_profiled_is_wanted_and_waits(cluster: ClusterState) -> None:
    cluster.note_resource("EdgeNode", edge_node_body(), gone=False)
    decision = decide(observed(cluster), KeptPlanning())
    assert decision.waiting["plaza/crossing"].reason == "RunnerStarting"
    wanted = wanted_of(decision, cluster.edge_nodes["n1"])
    assert wanted.bases == ("lite",)
    assert [stream.name for stream in wanted.streams] == ["plaza/plaza"]


def test_a_budget_that_is_too_small_leaves_apps_out_of_the_plan(cluster: ClusterState) -> None:
    profile = node_profile("plaza/plaza").model_dump()
    cluster.note_resource("EdgeNode", edge_node_body(budget=0.031, profile=profile), gone=False)
    decision = decide(observed(cluster), KeptPlanning())
    assert decision.plan is not None
    assert decision.plan.shed
    assert {decision.waiting[name].reason for name in decision.plan.shed} == {"DoesNotFit"}


def test_a_minimum_that_nothing_reaches_is_refused_for_that_app_alone(cluster: ClusterState) -> None:
    cluster.note_resource("VideoApp", app_body("crossing", objective={"minimum": 1.0}), gone=False)
    decision = decide(observed(cluster), KeptPlanning())
    assert decision.refused["plaza/crossing"].reason == "CannotBeUsed"
    assert "minimum" in decision.refused["plaza/crossing"].message
    assert decision.runner_plan is not None


def test_a_rate_beyond_the_streams_is_refused(cluster: ClusterState) -> None:
    cluster.note_resource("VideoApp", app_body("crossing", rates=[1, 20]), gone=False)
    assert "frames per second" in decide(observed(cluster), KeptPlanning()).refused["plaza/crossing"].message


def test_manifests_of_tests_are_consistent() -> None:
    assert manifest("crossing").digest != manifest("lamp-post").digest
