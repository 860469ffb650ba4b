"""A runner that is killed for memory: named to the platform team, and to no tenant but the culprit's own."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from operator_objects import NOW, app_body, observed

from mainstream.api.edge_node import EdgeNodeStatus
from mainstream.api.model import object_key
from mainstream.messages.status_report import AppStatusReport, StatusReport
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.observe.runner_client import killed_for_memory_at
from mainstream_operator.status.statuses import ObjectStatus, object_statuses
from mainstream_operator.status.writing.event_messages import event_messages
from mainstream_operator.watch.cluster_state import ClusterState


def pod(killed_at: str | None = None, reason: str = "OOMKilled") -> dict[str, Any]:
    """A runner's pod as the API server has it."""
    ended = {} if killed_at is None else {"terminated": {"reason": reason, "exitCode": 137, "finishedAt": killed_at}}
    return {
        "metadata": {"name": "runner-n1-x", "namespace": "system", "annotations": {"mainstream.video/node": "n1"}},
        "status": {"phase": "Running", "containerStatuses": [{"name": "runner", "lastState": ended}]},
    }


def test_the_last_kill_for_memory_is_read_from_the_pods_and_no_other_end() -> None:
    assert killed_for_memory_at((pod(), pod("2026-01-02T03:00:00Z", "Error"))) is None
    found = killed_for_memory_at((pod("2026-01-02T03:00:00Z"), pod("2026-01-02T03:04:05Z")))
    assert found == NOW


def harbour(cluster: ClusterState) -> None:
    """One app of another tenant on the same stream."""
    body = app_body("quay", stream={"name": "plaza", "namespace": "plaza"})
    body["metadata"]["namespace"] = "harbour"
    cluster.note_resource("VideoApp", body, gone=False)
    stream = cluster.streams["plaza/plaza"]
    spec = stream.spec.model_copy(update={"allowed_namespaces": ["*"]})
    cluster.streams["plaza/plaza"] = stream.model_copy(update={"spec": spec})


def written(cluster: ClusterState, seconds: float, *, running: Any = None) -> tuple[dict[str, ObjectStatus], Any]:
    """What is told at a moment, written back as the cluster then has it; the plan with it."""
    now = NOW + timedelta(seconds=seconds)
    observation = replace(observed(cluster, running), at=now)
    if running is not None:
        apps = {app.name: AppStatusReport(analysed=5, fps=app.fps) for app in running.apps}
        report = StatusReport(node="n1", started_at=now, served=running.digest, apps=apps)
        observation = replace(observation, report=report)
    decision = decide(observation, KeptPlanning())
    statuses = object_statuses(observation, decision)
    tables: dict[str, dict[str, Any]] = {
        "VideoApp": cluster.apps,
        "VideoStream": cluster.streams,
        "EdgeNode": cluster.edge_nodes,
    }
    for each in statuses:
        table, key = tables[each.kind], object_key(each.metadata.name, each.metadata.namespace)
        table[key] = table[key].model_copy(update={"status": each.after})
    return {f"{each.kind} {each.metadata.name}": each for each in statuses}, decision.runner_plan


def killed(cluster: ClusterState, seconds: float) -> None:
    at = NOW + timedelta(seconds=seconds)
    cluster.note_child("Pod", pod(at.isoformat().replace("+00:00", "Z")), gone=False)


def said(status: ObjectStatus) -> str:
    return " ".join(each.message for each in status.after.conditions)


def reasons(status: ObjectStatus) -> list[str]:
    return [each.reason for each in status.after.conditions]


def test_the_newest_app_is_named_to_the_platform_team_and_to_its_own_tenant_alone(cluster: ClusterState) -> None:
    _, plan = written(cluster, 0)
    harbour(cluster)
    _, plan = written(cluster, 60, running=plan)
    killed(cluster, 90)
    first, plan = written(cluster, 100, running=plan)
    node = first["EdgeNode n1"]
    assert "OutOfMemory" in reasons(node)
    assert "harbour/quay came last (" in said(node)
    assert node.before is not None
    assert ("Warning", "OutOfMemory") in [(each.type, each.reason) for each in event_messages(node.before, node.after)]
    assert "this app, with" in said(first["VideoApp quay"])
    assert "crossing" not in said(first["VideoApp quay"])
    for name in ("crossing", "lamp-post"):
        assert "quay" not in said(first[f"VideoApp {name}"])
        assert "memory" not in said(first[f"VideoApp {name}"])
    killed(cluster, 200)
    second, plan = written(cluster, 210, running=plan)
    assert [app.name for app in plan.apps] == ["plaza/crossing", "plaza/lamp-post"]
    assert "Left out until their spec changes: harbour/quay." in said(second["EdgeNode n1"])
    told = next(each for each in second["VideoApp quay"].after.conditions if each.type == "Planned")
    assert (told.status, told.reason) == ("False", "OutOfMemory")
    again = second["EdgeNode n1"]
    assert again.before is not None
    assert [each.reason for each in event_messages(again.before, again.after)].count("OutOfMemory") == 1


def test_it_settles_after_an_hour(cluster: ClusterState) -> None:
    _, plan = written(cluster, 0)
    killed(cluster, 30)
    first, plan = written(cluster, 40, running=plan)
    assert "OutOfMemory" in reasons(first["EdgeNode n1"])
    later, _ = written(cluster, 30 + 3601, running=plan)
    assert "EnoughMemory" in reasons(later["EdgeNode n1"])
    assert "OutOfMemory" not in [each for name, status in later.items() for each in reasons(status)]
    after = later["EdgeNode n1"].after
    assert isinstance(after, EdgeNodeStatus)
    assert after.out_of_memory is not None
