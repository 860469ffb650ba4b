"""The committed CustomResourceDefinitions and what they promise to an API server."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from mainstream.api.crd import custom_resource_definition, rendered
from mainstream.api.kinds import RESOURCE_KINDS

ROOT = Path(__file__).parents[2]


def _schemas(schema: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    found = [(path, schema)]
    for name, each in schema.get("properties", {}).items():
        found += _schemas(each, f"{path}.{name}")
    for part in ("items", "additionalProperties"):
        if isinstance(schema.get(part), dict):
            found += _schemas(schema[part], f"{path}[]")
    return found


def _spec_and_status(kind: Any) -> list[tuple[str, dict[str, Any]]]:
    version = custom_resource_definition(kind)["spec"]["versions"][0]
    properties = version["schema"]["openAPIV3Schema"]["properties"]
    return _schemas(properties["spec"], "spec") + _schemas(properties["status"], "status")


def test_committed_definitions_are_current() -> None:
    for path, text in rendered().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path}: run `make crds`"


@pytest.mark.parametrize("kind", RESOURCE_KINDS.values(), ids=lambda kind: kind.plural)
def test_every_value_has_one_type_and_no_reference(kind: Any) -> None:
    for path, schema in _spec_and_status(kind):
        typed = "type" in schema or schema.get("x-kubernetes-int-or-string") or "enum" in schema
        assert typed, path
        assert not {"$ref", "anyOf", "const", "title"} & schema.keys(), path


@pytest.mark.parametrize("kind", RESOURCE_KINDS.values(), ids=lambda kind: kind.plural)
def test_what_a_rule_looks_at_is_bounded(kind: Any) -> None:
    """Or the API server's cost limit of CEL rejects the definition."""
    for path, schema in _spec_and_status(kind):
        if "x-kubernetes-validations" not in schema:
            continue
        for inner, each in _schemas(schema, path):
            if each.get("type") == "array":
                assert "maxItems" in each, inner
            if each.get("type") == "string" and "enum" not in each:
                assert "maxLength" in each, inner


@pytest.mark.parametrize("kind", RESOURCE_KINDS.values(), ids=lambda kind: kind.plural)
def test_every_field_of_a_spec_is_described(kind: Any) -> None:
    for path, schema in _spec_and_status(kind):
        if path.startswith("spec.") and not path.endswith("]") and "profile" not in path:
            assert schema.get("description"), path


def test_apps_show_whether_they_work_how_well_and_where() -> None:
    apps = yaml.safe_load((ROOT / "crds/videoapps.mainstream.video.yaml").read_text(encoding="utf-8"))
    columns = apps["spec"]["versions"][0]["additionalPrinterColumns"]
    shown = [column["name"] for column in columns if not column.get("priority")]
    assert shown == ["Ready", "F1", "Measured", "FPS", "Candidate", "Node", "Age"]
