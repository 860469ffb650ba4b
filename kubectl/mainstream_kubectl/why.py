"""`kubectl mainstream why APP`: what stands in an app's way, followed to where it comes from. Pure."""

from collections.abc import Iterator, Sequence

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.conditions import Condition
from mainstream.api.reasons import Reason
from mainstream_kubectl.cluster import Cluster
from mainstream_kubectl.words import is_well

_FOLLOWS = (Reason.NOT_ACCEPTED, Reason.NOT_PLANNED, Reason.NOT_RUNNING)
"""reasons that only say that an earlier condition does not hold"""


def why(app: VideoApp, cluster: Cluster) -> list[str]:
    """Sentences, the cause first; what is well is said in one."""
    causes = [each for each in app.status.conditions if not is_well(each) and each.reason not in _FOLLOWS]
    lines = [_said(f"app {app.metadata.name}", each) for each in causes]
    stream = next((each for each in cluster.streams if each.key == app.stream_key), None)
    node = next((each for each in cluster.nodes if each.metadata.name == app.status.node), None)
    lines += _of_stream(stream, app, cluster) + _of_node(node)
    if not app.status.conditions:
        lines = ["The operator has not seen the app yet; see `kubectl mainstream doctor`.", *lines]
    return lines or list(_well(app))


def _of_stream(stream: VideoStream | None, app: VideoApp, cluster: Cluster) -> list[str]:
    if stream is None:
        hidden = any("videostreams" in each for each in cluster.unread)
        return [f"VideoStream {app.stream_key} may not be seen by you."] if hidden else []
    wrong = [each for each in stream.status.conditions if not is_well(each) and each.type != "Ready"]
    return [_said(f"stream {stream.key}", each) for each in wrong if each.reason != Reason.NOT_USED]


def _of_node(node: EdgeNode | None) -> list[str]:
    if node is None:
        return []
    return [_said(f"node {node.metadata.name}", each) for each in node.status.conditions if not is_well(each)]


def _well(app: VideoApp) -> Iterator[str]:
    ready: Sequence[Condition] = [each for each in app.status.conditions if each.type == "Ready"]
    yield from (each.message for each in ready)
    if app.status.plan is not None:
        yield app.status.plan.why


def _said(what: str, condition: Condition) -> str:
    since = condition.last_transition_time.strftime("%Y-%m-%d %H:%M:%S")
    return f"{what}: {condition.type} is {condition.status} since {since} UTC ({condition.reason}): {condition.message}"
