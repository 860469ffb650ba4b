"""Whatever `kubectl apply -f` takes is taken; a mistake in it is named with file, document and field."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mainstream.api.manifests.load import load_manifests
from mainstream.api.model import API_VERSION
from mainstream.errors import InvalidInputError


def app(name: str, **spec: object) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": "VideoApp",
        "metadata": {"name": name},
        "spec": {"stream": {"name": "hall"}, "package": {"reference": f"s3://packages/{name}@1"}, **spec},
    }


def as_kubectl_gets_it(name: str, **spec: object) -> dict[str, Any]:
    """With what the API server and the operator add."""
    found = app(name, **spec)
    found["metadata"] |= {
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "generation": 1,
        "managedFields": [{"manager": "kubectl", "operation": "Apply"}],
        "namespace": "shop",
        "resourceVersion": "120",
        "uid": "4f6f6d2e",
    }
    found["status"] = {"conditions": [{"type": "Ready", "status": "True"}], "field": "of a later version"}
    return found


def a_list(*items: object, kind: str = "List", version: str = "v1") -> dict[str, Any]:
    return {"apiVersion": version, "items": list(items), "kind": kind, "metadata": {"resourceVersion": ""}}


def names(path: Path) -> list[str]:
    return [each.metadata.name for each in load_manifests(path).apps]


def refusal(path: Path) -> str:
    with pytest.raises(InvalidInputError) as caught:
        load_manifests(path)
    return str(caught.value)


def hand_over(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


@pytest.mark.parametrize("write", [yaml.safe_dump, json.dumps], ids=["yaml", "json"])
def test_a_list_as_kubectl_get_prints_it_is_its_items(tmp_path: Path, write: Any) -> None:
    file = tmp_path / "apps.txt"
    file.write_text(write(a_list(as_kubectl_gets_it("door"), as_kubectl_gets_it("lamp"))))
    assert names(file) == ["door", "lamp"]


def test_items_of_a_list_of_one_kind_may_leave_their_kind_to_the_list(tmp_path: Path) -> None:
    bare = {key: part for key, part in app("door").items() if key not in ("apiVersion", "kind")}
    file = tmp_path / "apps.yaml"
    file.write_text(yaml.safe_dump(a_list(bare, kind="VideoAppList", version=API_VERSION)))
    assert names(file) == ["door"]


def test_lists_may_hold_lists_and_objects_of_other_groups(tmp_path: Path) -> None:
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    file = tmp_path / "apps.yaml"
    file.write_text(yaml.safe_dump(a_list(other, a_list(app("door"), a_list(app("lamp"))))))
    assert names(file) == ["door", "lamp"]


def test_a_folder_is_read_in_all_three_spellings_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(yaml.safe_dump(app("first")))
    (tmp_path / "b.json").write_text(json.dumps(app("second")))
    (tmp_path / "c.yaml").write_text(yaml.safe_dump_all([app("third"), None, app("fourth")]))
    (tmp_path / "d.yaml").mkdir()
    (tmp_path / "._a.yml").write_bytes(b"\x00\x05\x16\x07\x00Mac OS X")
    (tmp_path / "notes.txt").write_text("not a manifest")
    assert names(tmp_path) == ["first", "second", "third", "fourth"]


def test_json_in_a_folder_that_is_data_is_passed_over_whatever_its_size_and_form(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(yaml.safe_dump(app("door")))
    (tmp_path / "labels.json").write_text('{"apps": {"door": [[1, 2]]}}')
    (tmp_path / "tsconfig.json").write_text("{ // comment\n}")
    (tmp_path / "export.json").write_text("[" + "1," * (10 << 20) + "1]")
    assert names(tmp_path) == ["door"]


def test_a_folder_without_manifests_says_what_it_looks_for(tmp_path: Path) -> None:
    assert "no *.yaml, *.yml or *.json" in refusal(tmp_path)


def test_one_json_after_the_other_is_read_as_kubectl_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "apps.json"
    file.write_text("\ufeff\n" + json.dumps(app("door"), indent="\t") + "\n" + json.dumps(app("lamp")) + "\n")
    assert names(file) == ["door", "lamp"]


@pytest.mark.parametrize("write", [yaml.safe_dump, json.dumps], ids=["yaml", "json"])
def test_a_dash_reads_stdin(monkeypatch: pytest.MonkeyPatch, write: Any) -> None:
    hand_over(monkeypatch, write(app("door")))
    assert names(Path("-")) == ["door"]


def test_a_stream_from_stdin_finds_its_file_from_the_working_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stream = {
        "apiVersion": API_VERSION,
        "kind": "VideoStream",
        "metadata": {"name": "hall"},
        "spec": {"url": "file:hall.mp4", "framesPerSecond": 10, "node": {"name": "box"}},
    }
    monkeypatch.chdir(tmp_path)
    hand_over(monkeypatch, yaml.safe_dump(stream))
    assert load_manifests(Path("-")).streams[0].spec.url == f"file:{tmp_path / 'hall.mp4'}"


def test_a_mistake_in_a_list_names_file_document_item_object_and_field(tmp_path: Path) -> None:
    file = tmp_path / "apps.yml"
    file.write_text(yaml.safe_dump_all([app("door"), a_list(app("lamp"), app("gate", votes=9))]))
    message = refusal(tmp_path)
    assert message.startswith(f"{file}: document 2: items[1]: VideoApp gate: spec.votes")


def test_a_mistake_in_json_names_file_document_object_and_field(tmp_path: Path) -> None:
    file = tmp_path / "apps.json"
    file.write_text(json.dumps(app("door")) + json.dumps(app("gate", rates=[2, 1])))
    assert refusal(file) == f"{file}: document 2: VideoApp gate: spec.rates: rates must be ascending, without repeats"


def test_a_mistake_on_stdin_is_told_of_the_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    hand_over(monkeypatch, yaml.safe_dump(app("gate", votes=9)))
    assert refusal(Path("-")).startswith("-: VideoApp gate: spec.votes")


@pytest.mark.parametrize(
    ("version", "problem"), [("mainstream.video/v1", "is mainstream.video/v1"), (None, "is missing")]
)
def test_an_object_of_ours_in_an_unknown_version_is_not_passed_over(
    tmp_path: Path, version: str | None, problem: str
) -> None:
    found = app("door") | {"apiVersion": version}
    (tmp_path / "app.yaml").write_text(yaml.safe_dump({key: part for key, part in found.items() if part}))
    assert f"VideoApp door: apiVersion: must be {API_VERSION}, {problem}" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("app.json", '{"kind": "VideoApp", "kind": "mainstream.video"}', "key 'kind' stands twice"),
        ("app.yaml", "a:\n  kind: x\n  kind: mainstream.video\n", "key 'kind' stands twice, again in line 3"),
        ("app.json", '{"mainstream.video": ', "is not JSON"),
        ("app.json", '{"mainstream.video": 1} trailing', "is not JSON"),
        ("app.json", '{"mainstream.video":' + "[" * 100_000, "nested too deeply"),
        ("app.yaml", "when: 2026-13-45\n", "is not YAML: month"),
        ("app.yml", "{", "is not YAML"),
        ("app.yaml", "a: " + "x" * (1 << 20), "larger than 1048576 bytes; split it, or write it as JSON"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_file(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    message = refusal(tmp_path)
    assert message.startswith(str(tmp_path / name))
    assert words in message
