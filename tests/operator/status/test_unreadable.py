"""Objects that cannot be read: their status says so once."""

from dataclasses import replace
from typing import Any

from operator_objects import app_body, observed

from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.status.statuses import ObjectStatus, object_statuses
from mainstream_operator.watch.cluster_state import NOWHERE, ClusterState
from mainstream_operator.watch.snapshot import take_snapshot


def stated(cluster: ClusterState, body: dict[str, Any]) -> list[ObjectStatus]:
    cluster.note_resource("VideoApp", body, gone=False)
    observation = replace(observed(cluster), snapshot=take_snapshot(cluster, NOWHERE))
    return object_statuses(observation, decide(observation, KeptPlanning()))


def test_what_cannot_be_read_says_so_once_though_the_message_is_cut_and_cleaned(cluster: ClusterState) -> None:
    body = app_body("odd", **{"no\nsuch field" * 200: 1})
    (first,) = stated(cluster, body)
    condition = first.after.conditions[0]
    assert [each.type for each in first.after.conditions] == ["Accepted", "Ready", "Stalled"]
    assert len({each.message for each in first.after.conditions}) == 1
    assert condition.reason == "InvalidSpec"
    assert len(condition.message) == 1024
    assert condition.message.isprintable()
    body["status"] = first.after.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert stated(cluster, body) == []
