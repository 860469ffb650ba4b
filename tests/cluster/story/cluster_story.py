"""What the parts of the story share: its apps, and what is asked of a cluster that runs them."""

import json
from typing import Any

from cluster_stage import SYSTEM, TENANT, Stage

from mainstream.messages.runner_plan import RunnerPlan
from mainstream_operator.observe.orders import given_plan

APPS = ("crossing", "road-right", "lamp-post")
FOURTH = "path-left"
FIRST_READY_S = 300.0
"""a new node converts the base network, calibrates and profiles before it plans"""


def begin_story(stage: Stage) -> None:
    """The story's apps run, where no part before this one has brought them so far."""
    if stage.get("deployment", "mainstream-operator", SYSTEM) is None:
        stage.install()
        stage.train(*APPS, FOURTH)
        stage.apply_examples()
    all_ready(stage, *APPS, timeout_s=FIRST_READY_S)


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


def ordered_plan(stage: Stage) -> RunnerPlan | None:
    return given_plan(stage.kube.list_all(f"/api/v1/namespaces/{SYSTEM}/configmaps"))


def what_is_ordered(stage: Stage) -> object:
    """Streams and apps; not what they cost, which is known better the longer a runner runs. None without a plan."""
    plan = ordered_plan(stage)
    return None if plan is None else (plan.streams, plan.apps)


def ordered_apps(stage: Stage) -> set[str]:
    plan = ordered_plan(stage)
    return set() if plan is None else {app.name for app in plan.apps}


def patch_spec(stage: Stage, kind: str, name: str, patch: dict[str, Any]) -> None:
    """Of an object of the tenant's, or of an EdgeNode."""
    stage.kubectl("patch", kind, name, "-n", TENANT, "--type=merge", "-p", json.dumps(patch))


def set_budget(stage: Stage, budget: float) -> None:
    patch_spec(stage, "edgenode", stage.node, {"spec": {"budget": budget}})


def restarts(stage: Stage) -> int:
    """Of all containers beside the release, so far."""
    pods = stage.kube.list_all(f"/api/v1/namespaces/{SYSTEM}/pods")
    statuses = [status for pod in pods for status in pod["status"].get("containerStatuses", [])]
    return sum(status["restartCount"] for status in statuses)
