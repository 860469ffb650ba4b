"""The story on a real cluster, last part: what is kept secret, upgrades, and that nothing is left at the end."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from cluster_images import BILL, FOLDERS, file_of, labels, layers
from cluster_inside import LISTENING, PROCESSES, in_runner, is_loopback
from cluster_outside import CAMERA_PASSWORD, CAMERA_USER, KEYS
from cluster_rights import calls, covers, rights
from cluster_stage import BUDGET, CHART, EXAMPLES, SYSTEM, TENANT, Stage
from cluster_story import APPS, FIRST_READY_S, all_ready, dropped, patch_spec
from cluster_tools import wait_for
from cluster_upgrade import chart_before, is_new_runner, next_chart, watched
from rival import RIVAL

from mainstream.messages.runner_orders import ADMIN_PORT, METRICS_PATH, REPORT_PATH, TOKEN_HEADER, URLS_PATH
from mainstream_operator.kube import KubeError

pytestmark = pytest.mark.timeout(1500)


def test_no_secret_is_in_logs_status_or_events(story: Stage) -> None:
    token = story.token()
    said = [
        story.kubectl("logs", "-n", SYSTEM, "-l", "app.kubernetes.io/name=mainstream-operator", "--tail=-1"),
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


def test_a_helm_upgrade_restarts_the_operator_and_loses_no_frame(
    story: Stage, tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    runner = story.runner_pod()["metadata"]["uid"]
    seen = watched(story, APPS, lambda: story.upgrade(next_chart(tmp_path), "operator.podAnnotations.round=second"), 5)
    assert set(seen.dropped.values()) == {0}
    longest_s = max(seen.gap_s.values())
    assert longest_s < 3, "no frame for so long"
    record_testsuite_property("operator upgraded, three apps: no frame lost, longest without one", f"{longest_s:.1f} s")
    assert story.runner_pod()["metadata"]["uid"] == runner
    all_ready(story, *APPS)


def test_an_upgrade_of_the_runner_starts_one_new_pod_and_every_app_goes_on(
    story: Stage, tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """How long they go without a frame is a matter of a quiet machine: it is told, and not tested."""
    runner = story.runner_pod()["metadata"]["uid"]

    def change() -> None:
        story.upgrade(next_chart(tmp_path), "runner.podAnnotations.round=third")
        wait_for("new runner", lambda: is_new_runner(story, runner), 60)
        all_ready(story, *APPS)

    seen = watched(story, APPS, change, 3)
    assert len(seen.pods) == 2
    longest_s = max(seen.gap_s.values())
    what = "runner upgraded, three apps: longest without a frame (15 s where it is quiet)"
    record_testsuite_property(what, f"{longest_s:.1f} s")
    new = story.runner_pod()
    assert new["metadata"]["uid"] != runner
    assert new["status"]["containerStatuses"][0]["restartCount"] == 0
    expected = {f"{TENANT}/{app}" for app in APPS}
    wait_for("frames of every app", lambda: {app for app, (had, _) in dropped(story).items() if had} == expected, 30)


def test_a_rollback_brings_the_release_before_back_with_apps_running(story: Stage) -> None:
    story.helm("rollback", "mainstream", "1", "--wait", "--timeout", "2m")
    name = f"runner-{story.node}"

    def without_annotation() -> bool:
        pod = (story.get("deployment", name, SYSTEM) or {})["spec"]["template"]["metadata"]["annotations"]
        return "round" not in pod

    wait_for("Deployment as it was", without_annotation, 60)
    all_ready(story, *APPS)
    assert story.get("crd", "videoapps.mainstream.video", None) is not None


def test_the_operator_uses_every_right_and_was_refused_no_call(story: Stage) -> None:
    """A node that exists in name alone is given a runner with a volume, and loses it again.

    The rival's namespace was a tenant for a while, and had rights of its own as long.
    """
    if story.cluster.audit_log is None:
        pytest.skip("this cluster does not record who asked for what")
    ghost = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "ghost"}}
    stream = yaml.safe_load((EXAMPLES / "stream.yaml").read_text(encoding="utf-8"))
    stream["metadata"]["name"], stream["spec"]["node"] = "ghost", {"name": "ghost"}
    story.apply({**ghost, "metadata": {"name": "ghost", "labels": {"mainstream.video/edge": "true"}}})
    wait_for("EdgeNode", lambda: story.get("edgenode", "ghost", None), 30)
    patch_spec(story, "edgenode", "ghost", {"spec": {"runner": {"cache": {"sizeMebibytes": 256}}}})
    story.apply(stream)
    for kind in ("deployment", "configmap", "persistentvolumeclaim"):
        wait_for(f"{kind} of the runner", lambda kind=kind: story.get(kind, "runner-ghost", SYSTEM), 30)
    patch_spec(story, "edgenode", "ghost", {"spec": {"runner": {"cache": None}}})
    story.kubectl("delete", "videostream", "ghost", "-n", TENANT)
    for kind in ("deployment", "configmap", "persistentvolumeclaim"):
        wait_for(f"end of the {kind}", lambda kind=kind: story.get(kind, "runner-ghost", SYSTEM) is None, 30)
    story.kubectl("delete", "node/ghost", "edgenode/ghost")
    given, refused = calls(story.cluster.audit_log)
    held = rights(story)
    assert refused == set()
    beyond = [call for call in given if call.namespace != RIVAL and not any(covers(right, call) for right in held)]
    assert sorted(beyond) == []
    assert sorted(str(right) for right in held if not any(covers(right, call) for call in given)) == []


@pytest.mark.parametrize("part", FOLDERS)
def test_each_image_carries_labels_and_a_bill_of_materials(story: Stage, part: str) -> None:
    if part not in story.images:
        pytest.skip(f"MAINSTREAM_TEST_IMAGES has no {part}.tar: build it anew with `make images`")
    archive = story.images[part]
    found = labels(archive)
    assert found["org.opencontainers.image.title"] == f"mainstream-{part}"
    assert found["org.opencontainers.image.licenses"] == "Apache-2.0"
    bill = json.loads(file_of(archive, BILL))
    assert bill["bomFormat"] == "CycloneDX"
    named = {each["purl"].partition("@")[0] for each in bill["components"]}
    assert "pkg:deb/debian/python3" in named
    assert ("pkg:pypi/torch" in named) is (part in ("runner", "trainer"))
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
