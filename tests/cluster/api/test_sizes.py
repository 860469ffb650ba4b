"""What the API server refuses of a tenant's objects for their size, by the chart's policy: on a real one."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from api_stage import SYSTEM, ApiStage, open_api_stage
from cluster_tools import MissingToolError, wait_for
from fleet_objects import app, stream

FILLED: dict[str, tuple[dict[str, Any], str]] = {
    "labels": ({"labels": {f"label-{number}": "x" for number in range(65)}}, "metadata.labels has more than 64"),
    "many labels": ({"labels": {f"{number:0200}/x": "y" * 63 for number in range(2500)}}, "metadata.labels has more"),
    "annotations": ({"annotations": {f"note-{number}": "" for number in range(65)}}, "annotations has more than 64"),
    "long": ({"annotations": {f"note-{number}": "x" * 33_000 for number in range(2)}}, "more than 65536 characters"),
    "finalizers": ({"finalizers": [f"example.org/f-{number}" for number in range(17)]}, "more than 16"),
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiStage]:
    """The API server with what the chart has; the policy takes a moment to hold."""
    try:
        with open_api_stage(tmp_path_factory.mktemp("sizes"), simulated=1, tenants=("plaza",)) as made:
            body = filled("ready", FILLED["labels"][0])
            wait_for("the policy", lambda: "metadata.labels" in refusal(made, body, "--dry-run=server"), 60, 1)
            yield made
    except MissingToolError as missing:
        pytest.skip(str(missing))


def filled(name: str, metadata: dict[str, Any]) -> dict[str, Any]:
    body = app(name, "plaza", f"{SYSTEM}/camera", 0, "http://store.example.org")
    body["metadata"] |= metadata
    return body


def refusal(stage: ApiStage, body: dict[str, Any], *words: str) -> str:
    """What kubectl says; empty where it is taken."""
    try:
        stage.kubectl("create", *words, "-f", "-", stdin=json.dumps(body))
    except AssertionError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("what", FILLED)
def test_an_object_whose_metadata_is_too_large_is_refused_with_the_way_out(stage: ApiStage, what: str) -> None:
    metadata, words = FILLED[what]
    said = refusal(stage, filled("filled", metadata))
    assert words in said
    camera = stream("camera", "plaza", stage.nodes[0])
    camera["metadata"] |= metadata
    assert words in refusal(stage, camera)


def test_one_more_name_of_a_field_manager_than_32_is_refused(stage: ApiStage) -> None:
    body = json.dumps(filled("applied", {}))

    def apply(manager: str) -> None:
        words = ("--server-side", f"--field-manager={manager}", "--force-conflicts", "-f", "-")
        stage.kubectl("apply", *words, stdin=body)

    for number in range(32):
        apply(f"manager-{number}")
    with pytest.raises(AssertionError, match="More than 32 field managers"):
        apply("manager-32")
    apply("manager-0")


def test_an_object_as_tools_make_them_is_taken_changed_and_deleted(stage: ApiStage) -> None:
    body = filled("usual", {"annotations": {"example.org/notes": "x" * 60_000}, "labels": {"team": "a"}})
    assert refusal(stage, body) == ""
    larger = json.dumps({"metadata": {"annotations": {"example.org/more": "x" * 9_000}}})
    with pytest.raises(AssertionError, match="more than 65536 characters"):
        stage.kubectl("patch", "videoapp", "usual", "-n", "plaza", "--type=merge", "-p", larger)
    stage.kubectl("delete", "videoapp", "usual", "-n", "plaza", "--timeout=30s")
