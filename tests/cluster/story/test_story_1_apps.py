"""The story on a real cluster, first part: from `helm install` to apps that run, and what strangers do to them.

One test after the other, on one stage: each begins where the one before ended, and each part where the part before did.
"""

import json
import time
from typing import Any

import pytest
import yaml
from cluster_bad_apps import apply_bad_apps
from cluster_stage import BUDGET, EXAMPLES, SYSTEM, TENANT, Stage
from cluster_story import (
    APPS,
    FIRST_READY_S,
    FOURTH,
    all_ready,
    dropped,
    ordered_apps,
    restarts,
    served_apps,
    what_is_ordered,
)
from cluster_tools import wait_for
from doctor_faults import doctor

EVENTS_S = 180.0
"""twice the camera's clip, in which every app's event happens several times"""

pytestmark = pytest.mark.timeout(1500)


def test_helm_install_makes_an_edge_node_for_the_labelled_node(story: Stage) -> None:
    story.install()
    story.wait_condition("edgenode", story.node, "Ready", "True", "Idle", timeout_s=30)
    assert story.kubectl("get", "edgenodes", "-o", "name").split() == [f"edgenode.mainstream.video/{story.node}"]
    node = story.get("edgenode", story.node, None)
    assert node is not None
    assert node["spec"]["budget"] == BUDGET


def test_helm_test_says_that_the_operator_is_well(story: Stage) -> None:
    assert "Phase:          Succeeded" in story.helm("test", "mainstream", "--timeout", "1m")


def test_a_trainer_job_writes_packages_to_the_store(story: Stage) -> None:
    story.train(*APPS, FOURTH)
    assert all(story.outside.packages.keys(name) for name in (*APPS, FOURTH))


def test_applying_the_example_makes_every_app_ready(story: Stage) -> None:
    story.apply_examples()
    all_ready(story, *APPS, timeout_s=FIRST_READY_S)
    story.wait_condition("edgenode", story.node, "Ready", "True", "Serving")
    story.wait_condition("videostream", "plaza", "Reachable", "True", "Decoding")
    table = story.kubectl("get", "videoapps", "-n", TENANT)
    assert table.splitlines()[0].split() == ["NAME", "READY", "F1", "MEASURED", "FPS", "CANDIDATE", "NODE", "AGE"]
    assert story.node in table


def test_the_doctor_finds_nothing_on_a_healthy_cluster(story: Stage) -> None:
    said: list[str] = []

    def nothing() -> bool:
        said[:] = doctor(story)
        return not said

    try:
        wait_for("clean bill of health", nothing, 60, 2)
    except AssertionError as error:
        raise AssertionError(f"{error}; it says {said}") from None


def test_events_arrive_at_the_webhook_and_are_counted_in_status(story: Stage) -> None:
    wait_for("events of every app", lambda: all(story.outside.received.of(f"{TENANT}/{app}") for app in APPS), EVENTS_S)

    def counted() -> dict[str, int]:
        observed = {app: (story.get("videoapp", app) or {})["status"].get("observed", {}) for app in APPS}
        there = all(each.get("events", 0) > 0 and each.get("lastEvent") for each in observed.values())
        return {app: each["events"] for app, each in observed.items()} if there else {}

    events = wait_for("count and last event in status", counted, 60, 1)
    assert set(events) == set(APPS)

    def arrived() -> bool:
        return all(len(story.outside.received.of(f"{TENANT}/{app}")) >= number for app, number in events.items())

    wait_for("as many at the webhook as were counted", arrived, 30)


def test_a_fourth_app_is_planned_in_without_a_restart_or_a_lost_frame(story: Stage) -> None:
    pod, before = story.runner_pod(), dropped(story)
    story.apply(story.app(FOURTH, package=story.package(FOURTH)))
    all_ready(story, FOURTH)
    time.sleep(2)
    after, pod_after = dropped(story), story.runner_pod()
    assert pod_after["metadata"]["uid"] == pod["metadata"]["uid"]
    assert pod_after["status"]["containerStatuses"][0]["restartCount"] == 0
    for app in APPS:
        key = f"{TENANT}/{app}"
        assert after[key][0] > before[key][0]
        assert after[key][1] == before[key][1], f"{app} lost frames"


def test_deleting_an_app_plans_the_others_anew(story: Stage) -> None:
    story.kubectl("delete", "videoapp", "-n", TENANT, FOURTH)
    expected = {f"{TENANT}/{app}" for app in APPS}
    wait_for("plan without it", lambda: served_apps(story) == expected, 30)
    all_ready(story, *APPS)
    assert ordered_apps(story) == expected


def test_what_others_change_or_delete_is_repaired(story: Stage) -> None:
    name = f"runner-{story.node}"

    def value(kind: str, *path: str) -> Any:
        found: Any = story.get(kind, name, SYSTEM)
        for each in path:
            found = None if found is None else found.get(each)
        return found

    plan = what_is_ordered(story)
    assert plan is not None
    spoiled = {"binaryData": dict.fromkeys(value("configmap", "binaryData"), "AAAA")}
    story.kubectl("patch", "configmap", name, "-n", SYSTEM, "--type=merge", "-p", json.dumps(spoiled))
    wait_for("plan put right", lambda: what_is_ordered(story) == plan, 10)
    story.kubectl("delete", "configmap", name, "-n", SYSTEM)
    wait_for("plan put back", lambda: what_is_ordered(story) == plan, 10)
    story.kubectl("scale", "deployment", name, "-n", SYSTEM, "--replicas=0")
    wait_for("one replica", lambda: value("deployment", "spec", "replicas") == 1, 10)
    story.kubectl("delete", "deployment", name, "-n", SYSTEM)
    wait_for("new Deployment", lambda: value("deployment", "status", "availableReplicas") == 1, 120)
    all_ready(story, *APPS)
    # The new pod has measured its node anew, and by other costs other candidates may be planned.
    assert ordered_apps(story) == {f"{TENANT}/{app}" for app in APPS}
    assert value("deployment", "spec", "replicas") == 1


def test_a_restart_of_the_operator_changes_nothing(story: Stage) -> None:
    def told() -> Any:
        apps = [story.get("videoapp", app) or {} for app in APPS]
        return [[(c["type"], c["status"], c["lastTransitionTime"]) for c in a["status"]["conditions"]] for a in apps]

    plan = what_is_ordered(story)
    assert plan is not None
    pod, before, conditions = story.runner_pod()["metadata"]["uid"], dropped(story), told()
    story.kubectl("rollout", "restart", "deployment/mainstream-operator", "-n", SYSTEM)
    story.kubectl("rollout", "status", "deployment/mainstream-operator", "-n", SYSTEM, "--timeout=60s")
    time.sleep(10)
    assert what_is_ordered(story) == plan
    assert story.runner_pod()["metadata"]["uid"] == pod
    assert {app: each[1] for app, each in dropped(story).items()} == {app: each[1] for app, each in before.items()}
    assert told() == conditions


def test_each_bad_app_gets_its_condition_and_touches_nobody(story: Stage) -> None:
    before = restarts(story)
    reasons = apply_bad_apps(story)
    for name, reason in reasons.items():
        message = story.wait_condition("videoapp", name, "Accepted", "False", reason)
        assert message, name
    all_ready(story, *APPS, timeout_s=5)
    assert restarts(story) == before
    story.kubectl("delete", "videoapp", "-n", TENANT, *reasons)


def test_a_bad_stream_gets_its_condition_and_touches_nobody(story: Stage) -> None:
    stream = yaml.safe_load((EXAMPLES / "stream.yaml").read_text(encoding="utf-8"))
    silent, large = json.loads(json.dumps(stream)), json.loads(json.dumps(stream))
    silent["metadata"]["name"], silent["spec"]["url"] = "silent", "rtsp://camera.plaza.svc:8553/none"
    large["metadata"]["name"] = "large"
    large["spec"]["views"][0]["crop"] = {"left": 0, "top": 0, "width": 4000, "height": 3000}
    package = story.package("crossing")
    looking = [
        story.app(f"on-{name}", package=package, stream={"name": name, "view": "walkways"})
        for name in ("silent", "large")
    ]
    story.apply(silent, large, *looking)
    story.wait_condition("videostream", "silent", "Reachable", "False", "NotAnswering", timeout_s=60)
    story.wait_condition("videostream", "large", "Reachable", "False", "OtherSize", timeout_s=60)
    assert story.condition("videoapp", "on-silent", "Ready")[0] == "False"
    all_ready(story, *APPS, timeout_s=5)
    story.kubectl("delete", "videoapp", "-n", TENANT, "on-silent", "on-large")
    story.kubectl("delete", "videostream", "-n", TENANT, "silent", "large")


def test_an_app_that_does_not_fit_the_budget_is_told_so(story: Stage) -> None:
    story.apply(story.app("heavy", package=story.package(FOURTH), rates=[10], objective={"weight": 0.001}))
    # Far below what ten frames a second cost, whatever this machine's profile says today: a fast one took .05.
    story.kubectl("patch", "edgenode", story.node, "--type=merge", "-p", '{"spec": {"budget": 0.025}}')
    message = story.wait_condition("videoapp", "heavy", "Planned", "False", "DoesNotFit")
    assert message.endswith("Raise the EdgeNode's budget, lower or suspend other apps, or allow lower rates.")
    assert f"{TENANT}/heavy" not in ordered_apps(story)
    story.kubectl("patch", "edgenode", story.node, "--type=merge", "-p", '{"spec": {"budget": 0.3}}')
    story.kubectl("delete", "videoapp", "-n", TENANT, "heavy")
    all_ready(story, *APPS)


def test_what_makes_no_sense_is_refused_by_the_api_server(story: Stage) -> None:
    for spec, words in (
        ({"votes": 9}, "votes are"),
        ({"votes": "many"}, "votes are"),
        ({"rates": [2, 1]}, "ascending"),
        ({"rates": [0]}, "greater than"),
        ({"sinks": [{}]}, "give one of"),
        ({"sinks": [{"mqtt": {"host": "broker.example", "topic": "plaza/#"}}]}, "topic"),
    ):
        with pytest.raises(AssertionError, match=words):
            story.apply(story.app("nonsense", **spec))
    with pytest.raises(AssertionError, match="keeps its stream"):
        story.apply(story.app("crossing", stream={"name": "other"}))
