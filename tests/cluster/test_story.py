"""The whole story in one run on a real cluster: from `helm install` to nothing left.

One test after the other, on one stage: each begins where the one before ended.
"""

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from cluster_bad_apps import apply_bad_apps
from cluster_images import BILL, FOLDERS, file_of, labels, layers
from cluster_inside import LISTENING, PROCESSES, in_runner, is_loopback
from cluster_outside import CAMERA_PASSWORD, CAMERA_USER, KEYS
from cluster_rights import calls, covers, rights
from cluster_stage import BUDGET, CHART, EXAMPLES, SYSTEM, TENANT, Stage
from cluster_tools import wait_for
from cluster_upgrade import chart_before, is_new_runner, next_chart, watched

from mainstream.messages.runner_orders import ADMIN_PORT, METRICS_PATH, REPORT_PATH, TOKEN_HEADER, URLS_PATH
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_operator.kube import KubeError
from mainstream_operator.observe.orders import given_plan

APPS = ("crossing", "road-right", "lamp-post")
FOURTH = "path-left"
FIRST_READY_S = 300.0
"""a new node converts the base network, calibrates and profiles before it plans"""
EVENTS_S = 180.0
"""twice the camera's clip, in which every app's event happens several times"""

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def story(stage: Stage) -> Stage:
    """The stage, with the node labelled."""
    stage.kubectl("label", "node", stage.node, "mainstream.video/edge=true", "--overwrite")
    return stage


def all_ready(stage: Stage, *apps: str, timeout_s: float = 120) -> None:
    for app in apps:
        stage.wait_condition("videoapp", app, "Ready", "True", timeout_s=timeout_s)


def served_apps(stage: Stage) -> set[str]:
    report = stage.report(stage.runner_pod()["metadata"]["name"], stage.token())
    return set() if report is None else set(report.apps)


def dropped(stage: Stage) -> dict[str, tuple[int, int]]:
    """Frames captured and dropped so far, by app."""
    report = stage.report(stage.runner_pod()["metadata"]["name"], stage.token())
    assert report is not None
    for app in report.apps.values():
        assert 0 <= app.captured - app.analysed - app.skipped - app.dropped <= 20
    return {name: (app.captured, app.dropped) for name, app in report.apps.items()}


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
    assert table.splitlines()[0].split() == ["NAME", "READY", "F1", "FPS", "BRANCH", "NODE", "AGE"]
    assert story.node in table


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


def ordered_plan(story: Stage) -> RunnerPlan | None:
    orders = story.get("configmap", f"runner-{story.node}", SYSTEM)
    return None if orders is None else given_plan([orders])


def ordered_apps(story: Stage) -> set[str]:
    plan = ordered_plan(story)
    return set() if plan is None else {app.name for app in plan.apps}


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

    # The plan alone: what a new pod measures of its node is in the orders as well.
    plan = ordered_plan(story)
    assert plan is not None
    spoiled = {"binaryData": dict.fromkeys(value("configmap", "binaryData"), "AAAA")}
    story.kubectl("patch", "configmap", name, "-n", SYSTEM, "--type=merge", "-p", json.dumps(spoiled))
    wait_for("plan put right", lambda: ordered_plan(story) == plan, 10)
    story.kubectl("delete", "configmap", name, "-n", SYSTEM)
    wait_for("plan put back", lambda: ordered_plan(story) == plan, 10)
    story.kubectl("scale", "deployment", name, "-n", SYSTEM, "--replicas=0")
    wait_for("one replica", lambda: value("deployment", "spec", "replicas") == 1, 10)
    story.kubectl("delete", "deployment", name, "-n", SYSTEM)
    wait_for("new Deployment", lambda: value("deployment", "status", "availableReplicas") == 1, 120)
    all_ready(story, *APPS)
    assert ordered_plan(story) == plan
    assert value("deployment", "spec", "replicas") == 1


def test_a_restart_of_the_operator_changes_nothing(story: Stage) -> None:
    def told() -> Any:
        apps = [story.get("videoapp", app) or {} for app in APPS]
        return [[(c["type"], c["status"], c["lastTransitionTime"]) for c in a["status"]["conditions"]] for a in apps]

    plan = ordered_plan(story)
    pod, before, conditions = story.runner_pod()["metadata"]["uid"], dropped(story), told()
    story.kubectl("rollout", "restart", "deployment/mainstream-operator", "-n", SYSTEM)
    story.kubectl("rollout", "status", "deployment/mainstream-operator", "-n", SYSTEM, "--timeout=60s")
    time.sleep(10)
    assert plan is not None
    assert ordered_plan(story) == plan
    assert story.runner_pod()["metadata"]["uid"] == pod
    assert {app: each[1] for app, each in dropped(story).items()} == {app: each[1] for app, each in before.items()}
    assert told() == conditions


def test_each_bad_app_gets_its_condition_and_touches_nobody(story: Stage) -> None:
    restarts = _restarts(story)
    reasons = apply_bad_apps(story)
    for name, reason in reasons.items():
        message = story.wait_condition("videoapp", name, "Accepted", "False", reason)
        assert message, name
    all_ready(story, *APPS, timeout_s=5)
    assert _restarts(story) == restarts
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
    # Far below what ten frames a second cost, whatever this machine's profile says today.
    story.kubectl("patch", "edgenode", story.node, "--type=merge", "-p", '{"spec": {"budget": 0.06}}')
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


def test_no_secret_is_in_logs_status_or_events(story: Stage) -> None:
    token = story.token()
    said = [
        story.kubectl("logs", "-n", SYSTEM, "deployment/mainstream-operator"),
        story.kubectl("logs", "-n", SYSTEM, f"deployment/runner-{story.node}"),
        story.kubectl("get", "mainstream,events,configmaps,deployments,pods", "-A", "-o", "json"),
    ]
    for text in said:
        for secret in (KEYS.secret_access_key, CAMERA_PASSWORD, token, "X-Amz-Signature"):
            assert secret not in text
    assert f"{CAMERA_USER}:" not in said[1]


def test_torchserve_answers_nobody_outside_its_pod(story: Stage) -> None:
    listening = [line.split() for line in in_runner(story, LISTENING).splitlines()]
    ports = {int(port) for host, port in listening if is_loopback(host)}
    others = {int(port) for host, port in listening if not is_loopback(host)}
    assert others == {ADMIN_PORT}
    assert len(ports) >= 3, "TorchServe's own"
    pod = story.runner_pod()["metadata"]["name"]
    for port in ports:
        with pytest.raises(KubeError):
            story.kube.proxy(SYSTEM, pod, port, "/ping", {})


@pytest.mark.parametrize("path", [REPORT_PATH, METRICS_PATH])
def test_the_admin_port_asks_for_the_nodes_token(story: Stage, path: str) -> None:
    pod = story.runner_pod()["metadata"]["name"]
    for headers in ({}, {TOKEN_HEADER: "guess"}, {TOKEN_HEADER: ""}):
        with pytest.raises(KubeError) as refused:
            story.kube.proxy(SYSTEM, pod, ADMIN_PORT, path, headers)
        assert refused.value.status == 403
    assert story.kube.proxy(SYSTEM, pod, ADMIN_PORT, path, {TOKEN_HEADER: story.token()})
    with pytest.raises(KubeError) as refused:
        story.kube.proxy(SYSTEM, pod, ADMIN_PORT, URLS_PATH, {"Content-Type": "application/json"}, {"blobs": []})
    assert refused.value.status == 403


def test_no_secret_is_in_a_process_list(story: Stage) -> None:
    said = in_runner(story, PROCESSES)
    assert "mainstream_runner" in said
    for secret in (KEYS.secret_access_key, CAMERA_PASSWORD, quote(CAMERA_PASSWORD, safe=""), story.token(), "X-Amz"):
        assert secret not in said


def test_a_helm_upgrade_restarts_the_operator_and_loses_no_frame(story: Stage, tmp_path: Path) -> None:
    runner = story.runner_pod()["metadata"]["uid"]
    seen = watched(story, APPS, lambda: story.upgrade(next_chart(tmp_path), "operator.podAnnotations.round=second"), 5)
    assert set(seen.dropped.values()) == {0}
    assert max(seen.gap_s.values()) < 3, "no frame for so long"
    assert story.runner_pod()["metadata"]["uid"] == runner
    all_ready(story, *APPS)


def test_an_upgrade_of_the_runner_starts_one_new_pod_and_every_app_goes_on(story: Stage, tmp_path: Path) -> None:
    """How many frames that costs is a matter of a quiet machine: `make bench-chart` counts them."""
    runner = story.runner_pod()["metadata"]["uid"]

    def change() -> None:
        story.upgrade(next_chart(tmp_path), "runner.podAnnotations.round=third")
        wait_for("new runner", lambda: is_new_runner(story, runner), 60)
        all_ready(story, *APPS)

    assert len(watched(story, APPS, change, 3).pods) == 2
    new = story.runner_pod()
    assert new["metadata"]["uid"] != runner
    assert new["status"]["containerStatuses"][0]["restartCount"] == 0
    expected = {f"{TENANT}/{app}" for app in APPS}
    wait_for("frames of every app", lambda: {app for app, (seen, _) in dropped(story).items() if seen} == expected, 30)


def test_a_rollback_brings_the_release_before_back_with_apps_running(story: Stage) -> None:
    story.helm("rollback", "mainstream", "1", "--wait", "--timeout", "2m")
    name = f"runner-{story.node}"

    def without_annotation() -> bool:
        pod = (story.get("deployment", name, SYSTEM) or {})["spec"]["template"]["metadata"]["annotations"]
        return "round" not in pod

    wait_for("Deployment as it was", without_annotation, 30)
    all_ready(story, *APPS)
    assert story.get("crd", "videoapps.mainstream.video", None) is not None


def test_the_operator_uses_every_right_and_was_refused_no_call(story: Stage) -> None:
    """A node that exists in name alone is given a runner with a volume, and loses it again."""
    if story.cluster.audit_log is None:
        pytest.skip("this cluster does not record who asked for what")
    ghost = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "ghost"}}
    stream = yaml.safe_load((EXAMPLES / "stream.yaml").read_text(encoding="utf-8"))
    stream["metadata"]["name"], stream["spec"]["node"] = "ghost", {"name": "ghost"}
    story.apply({**ghost, "metadata": {"name": "ghost", "labels": {"mainstream.video/edge": "true"}}})
    wait_for("EdgeNode", lambda: story.get("edgenode", "ghost", None), 30)
    _patch(story, "edgenode", "ghost", {"spec": {"runner": {"cache": {"sizeMebibytes": 256}}}})
    story.apply(stream)
    for kind in ("deployment", "configmap", "persistentvolumeclaim"):
        wait_for(f"{kind} of the runner", lambda kind=kind: story.get(kind, "runner-ghost", SYSTEM), 30)
    _patch(story, "edgenode", "ghost", {"spec": {"runner": {"cache": None}}})
    story.kubectl("delete", "videostream", "ghost", "-n", TENANT)
    for kind in ("deployment", "configmap", "persistentvolumeclaim"):
        wait_for(f"end of the {kind}", lambda kind=kind: story.get(kind, "runner-ghost", SYSTEM) is None, 30)
    story.kubectl("delete", "node/ghost", "edgenode/ghost")
    given, refused = calls(story.cluster.audit_log)
    held = rights(story)
    assert refused == set()
    assert sorted(call for call in given if not any(covers(right, call) for right in held)) == []
    assert sorted(str(right) for right in held if not any(covers(right, call) for call in given)) == []


def _patch(stage: Stage, kind: str, name: str, patch: dict[str, Any]) -> None:
    stage.kubectl("patch", kind, name, "--type=merge", "-p", json.dumps(patch))


@pytest.mark.parametrize("part", FOLDERS)
def test_each_image_carries_labels_and_a_bill_of_materials(story: Stage, part: str) -> None:
    archive = story.images[part]
    found = labels(archive)
    assert found["org.opencontainers.image.title"] == f"mainstream-{part}"
    assert found["org.opencontainers.image.licenses"] == "Apache-2.0"
    bill = json.loads(file_of(archive, BILL))
    assert bill["bomFormat"] == "CycloneDX"
    named = {each["purl"].partition("@")[0] for each in bill["components"]}
    assert "pkg:deb/debian/python3" in named
    assert ("pkg:pypi/torch" in named) is (part != "operator")
    assert "pkg:pypi/cyclonedx-python-lib" not in named, "what builds is not in the image"


def test_runner_and_trainer_share_torch(story: Stage) -> None:
    pairs = zip(layers(story.images["runner"]), layers(story.images["trainer"]), strict=False)
    assert sum(a == b for a, b in pairs) >= 3


def test_uninstalling_and_deleting_the_definitions_leaves_nothing_stuck(story: Stage) -> None:
    story.kubectl("delete", "deployment", "-n", SYSTEM, "mainstream-operator", "--wait=true")
    story.kubectl("delete", "videoapp", "-n", TENANT, "lamp-post", "--timeout=10s")
    story.helm("uninstall", "mainstream", "--wait", "--timeout", "60s")
    assert story.get("videoapp", "crossing") is not None, "the definitions, and with them the apps, are kept"
    kinds = ("videoapps", "videostreams", "edgenodes")
    story.kubectl("delete", "crd", *(f"{kind}.mainstream.video" for kind in kinds), "--timeout=30s")
    left = ("get", "deployments,configmaps,secrets,pods", "-n", SYSTEM, "-o", "name")

    def gone() -> bool:
        return not [name for name in story.kubectl(*left).split() if "runner-" in name]

    wait_for("end of everything that the runner had", gone, 60, 1)


def test_a_release_of_the_chart_before_is_upgraded_with_its_objects(story: Stage, tmp_path: Path) -> None:
    """What Helm and the API server have to do with it; the images of before are not built again for this."""
    before = chart_before(tmp_path)
    if before is None:
        pytest.skip("git's history does not hold the chart of the version before")
    story.helm("install", "mainstream", before, "--set", f"tenants={{{TENANT}}}")
    kinds = [f"crd/{kind}.mainstream.video" for kind in ("videoapps", "videostreams", "edgenodes")]
    story.kubectl("wait", "--for=condition=Established", *kinds, "--timeout=30s")
    story.apply_examples()
    uid = (story.get("videoapp", "crossing") or {})["metadata"]["uid"]
    story.upgrade(CHART, f"edgeNode.spec.budget={BUDGET}")
    assert (story.get("videoapp", "crossing") or {})["metadata"]["uid"] == uid
    all_ready(story, *APPS, timeout_s=FIRST_READY_S)
    assert "dryRun" in story.kubectl("explain", "videoapp.spec"), "definitions came along"
    story.helm("uninstall", "mainstream", "--wait", "--timeout", "60s")
    story.kubectl("delete", *kinds, "--timeout=30s")


def _restarts(stage: Stage) -> int:
    text = stage.kubectl("get", "pods", "-n", SYSTEM, "-o", "json")
    statuses = [status for pod in json.loads(text)["items"] for status in pod["status"].get("containerStatuses", [])]
    return sum(status["restartCount"] for status in statuses)
