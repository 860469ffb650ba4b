"""What exists, and where it belongs."""

from hypothesis import given
from hypothesis import strategies as st
from operator_objects import app_body, kubernetes_node_body, stream_body, typed

from mainstream.api import VideoStream
from mainstream.decide.admission.quotas import Quota, Quotas, over_quota
from mainstream.decide.place import place_stream
from mainstream.decide.refusal import Refusal
from mainstream_operator.watch.cluster_state import NOWHERE, ClusterState
from mainstream_operator.watch.resources import Unreadable, read_resource
from mainstream_operator.watch.snapshot import take_snapshot


def place(cluster: ClusterState, **node: object) -> str | Refusal:
    stream = typed(stream_body(node=node))
    assert isinstance(stream, VideoStream)
    return place_stream(stream, cluster.kubernetes_nodes)


def reason(placed: str | Refusal) -> str:
    assert isinstance(placed, Refusal)
    return placed.reason


def test_a_selector_matches_exactly_one_labelled_node(cluster: ClusterState) -> None:
    assert place(cluster, selector={"mainstream.video/edge": "true"}) == "n1"
    cluster.note_kubernetes_node(kubernetes_node_body("n2"), gone=False)
    assert reason(place(cluster, selector={"mainstream.video/edge": "true"})) == "NodeAmbiguous"
    assert place(cluster, selector={"kubernetes.io/hostname": "n2"}) == "n2"
    assert reason(place(cluster, selector={"kubernetes.io/hostname": "n3"})) == "NodeNotFound"


def test_a_node_by_name_must_be_labelled(cluster: ClusterState) -> None:
    cluster.note_kubernetes_node({"metadata": {"name": "n2"}}, gone=False)
    assert place(cluster, name="n1") == "n1"
    assert reason(place(cluster, name="n2")) == "NodeNotEdge"
    assert reason(place(cluster, name="n3")) == "NodeNotFound"


def test_apps_of_a_stream_without_a_node_are_looked_after_together(cluster: ClusterState) -> None:
    cluster.note_kubernetes_node(kubernetes_node_body(), gone=True)
    assert cluster.node_of_stream("plaza/plaza") == NOWHERE
    assert len(take_snapshot(cluster, NOWHERE).apps) == 2
    assert not take_snapshot(cluster, "n1").apps


def test_streams_of_a_node_follow_labels_and_streams(cluster: ClusterState) -> None:
    cluster.note_resource("VideoStream", stream_body("quay", node={"name": "n2"}), gone=False)
    assert list(cluster.streams_of_node("n1")) == ["plaza/plaza"]
    assert list(cluster.streams_of_node(NOWHERE)) == ["plaza/quay"]
    cluster.note_kubernetes_node(kubernetes_node_body("n2", **{"mainstream.video/edge": "false"}), gone=False)
    assert cluster.nodes() == {NOWHERE, "n1"}
    cluster.note_kubernetes_node(kubernetes_node_body("n2", zone="b"), gone=False)
    assert cluster.nodes() == {NOWHERE, "n1", "n2"}
    assert list(cluster.streams_of_node("n2")) == ["plaza/quay"]
    cluster.note_resource("VideoStream", stream_body("quay"), gone=True)
    assert not cluster.streams_of_node("n2")


def test_a_quota_counts_the_apps_of_a_namespace_on_all_nodes_and_those_of_no_other(cluster: ClusterState) -> None:
    cluster.note_kubernetes_node(kubernetes_node_body("n2", **{"mainstream.video/edge": "false"}), gone=False)
    cluster.note_resource("VideoStream", stream_body("quay", node={"name": "n2"}), gone=False)
    elsewhere = app_body("arcade", stream={"name": "quay"})
    cluster.note_resource("VideoApp", elsewhere, gone=False)
    other = app_body("berth", stream={"name": "plaza", "namespace": "plaza"})
    other["metadata"]["namespace"] = "harbour"
    cluster.note_resource("VideoApp", other, gone=False)

    def within() -> list[str]:
        return [each.key for each in take_snapshot(cluster, "n1", Quotas(default=Quota(apps=2))).apps]

    assert within() == ["harbour/berth", "plaza/crossing"]
    cluster.note_resource("VideoApp", elsewhere, gone=True)
    assert within() == ["harbour/berth", "plaza/crossing", "plaza/lamp-post"]


Step = tuple[str, str, str, int, bool]
STEPS = st.tuples(
    st.sampled_from("abcd"),
    st.sampled_from(("quay", "plaza", "none")),
    st.sampled_from(("", "suspend", "dryRun")),
    st.integers(1, 2),
    st.booleans(),
)


@given(st.lists(STEPS, max_size=16), st.integers(0, 3))
def test_nodes_look_after_all_apps_but_those_beyond_a_quota_whatever_came(steps: list[Step], most: int) -> None:
    cluster, quotas = ClusterState(), Quotas(default=Quota(apps=most))
    cluster.note_kubernetes_node(kubernetes_node_body(), gone=False)
    cluster.note_kubernetes_node(kubernetes_node_body("n2", **{"mainstream.video/edge": "true"}), gone=False)
    for name, node in (("plaza", "n1"), ("quay", "n2")):
        cluster.note_resource("VideoStream", stream_body(name, node={"name": node}), gone=False)
    for name, stream, how, weight, gone in steps:
        spec = {how: True} if how else {}
        body = app_body(name, stream={"name": stream}, objective={"weight": weight}, **spec)
        cluster.note_resource("VideoApp", body, gone=gone)
        beyond = over_quota(cluster.apps.values(), quotas)
        assert {key for key, app in cluster.apps.items() if cluster.index.is_beyond(app, quotas)} == beyond.keys()
        nodes = {key: cluster.node_of_stream(app.stream_key) for key, app in cluster.apps.items() if key not in beyond}
        found = [(app.key, node) for node in ("n1", "n2", NOWHERE) for app in cluster.apps_of_node(node, quotas)]
        assert sorted(found) == sorted(nodes.items())


def test_a_status_alone_changes_nothing(cluster: ClusterState) -> None:
    body = app_body()
    assert not cluster.note_resource("VideoApp", {**body, "status": {"node": "n1"}}, gone=False)
    body["metadata"]["generation"] = 2
    assert cluster.note_resource("VideoApp", body, gone=False)


def test_a_heartbeat_of_a_node_changes_nothing(cluster: ClusterState) -> None:
    assert not cluster.note_kubernetes_node(kubernetes_node_body(), gone=False)
    assert cluster.note_kubernetes_node(kubernetes_node_body(ready=False), gone=False)


def test_a_spec_that_makes_no_sense_is_kept_with_the_reason() -> None:
    read = read_resource("VideoApp", app_body(votes=99))
    assert isinstance(read, Unreadable)
    assert "votes" in read.message


def test_a_status_that_makes_no_sense_counts_as_none() -> None:
    read = read_resource("VideoApp", {**app_body(), "status": {"conditions": "all fine"}})
    assert not isinstance(read, Unreadable)
    assert read.status.conditions == []


def test_a_part_of_a_runner_is_found_by_its_name_whatever_a_stranger_writes_on_it(cluster: ClusterState) -> None:
    body = {"metadata": {"name": "runner-n1", "annotations": {"mainstream.video/node": "elsewhere"}}}
    assert cluster.note_child("ConfigMap", body, gone=False) == "n1"
    assert cluster.children("n1").orders == {body["metadata"]["name"]: body}
    assert cluster.note_child("ConfigMap", body, gone=True) == "n1"
    assert not cluster.children("n1").orders


def test_of_thousands_of_apps_a_snapshot_holds_those_within_the_quota(cluster: ClusterState) -> None:
    for number in range(2000):
        cluster.note_resource("VideoApp", app_body(f"app-{number:04}"), gone=False)
    snapshot = take_snapshot(cluster, "n1", Quotas(default=Quota(apps=100)))
    cluster.note_resource("VideoApp", app_body("app-0000"), gone=True)
    assert [each.app.metadata.name for each in snapshot.apps] == [f"app-{number:04}" for number in range(100)]
