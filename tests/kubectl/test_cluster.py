"""What is read of a cluster, and what is said of the rest."""

from operator_objects import app_body, edge_node_body, stream_body

from mainstream_kubectl.cluster import read_apps, read_cluster
from mainstream_operator.kinds import OWN_KINDS
from mainstream_operator.kube import Body, Kube, KubeError

FOUND = {
    OWN_KINDS["VideoApp"].path("plaza"): [app_body(), {"metadata": {"name": "odd"}}],
    OWN_KINDS["VideoStream"].path(): [stream_body()],
    OWN_KINDS["EdgeNode"].path(): [edge_node_body()],
}


class Lists(Kube):
    """Keeps what was asked for; one path may not be read."""

    def __init__(self, forbidden: str = "") -> None:
        self.asked: list[str] = []
        self.forbidden = forbidden

    def list_all(self, path: str, label: str | None = None) -> list[Body]:
        self.asked.append(path)
        if path == self.forbidden:
            raise KubeError(403, "forbidden")
        return FOUND[path]


def test_what_cannot_be_read_is_named_and_hides_nothing_else() -> None:
    cluster = read_cluster(Lists(OWN_KINDS["VideoStream"].path()), "plaza")
    assert [each.key for each in (*cluster.apps, *cluster.nodes)] == ["plaza/crossing", "n1"]
    assert cluster.streams == ()
    assert cluster.unread == ("VideoApp odd", "videostreams (you may not list them)")


def test_whoever_follows_an_app_asks_for_no_streams_and_nodes() -> None:
    lists = Lists()
    assert [each.key for each in read_apps(lists, "plaza").apps] == ["plaza/crossing"]
    assert lists.asked == [OWN_KINDS["VideoApp"].path("plaza")]
