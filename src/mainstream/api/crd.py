"""CustomResourceDefinitions from the models, by one command: `python -m mainstream.api.crd`.

Written twice: plain into `crds/`, and as templates of the chart, which Helm upgrades (it never upgrades what lies in a
chart's `crds/`) and keeps at uninstalling, so that nobody loses apps by removing an operator. Not written by hand.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mainstream.api.kinds import RESOURCE_KINDS, ResourceKind
from mainstream.api.manifests.pages import rendered_pages
from mainstream.api.model import GROUP, VERSION
from mainstream.api.schema import structural_schema

_READY = '.status.conditions[?(@.type=="{}")].status'


@dataclass(frozen=True)
class Column:
    """One column of `kubectl get`; `wide` ones show with `-o wide` alone."""

    name: str
    path: str
    type: str = "string"
    wide: bool = False


COLUMNS: dict[str, tuple[Column, ...]] = {
    "VideoApp": (
        Column("Ready", _READY.format("Ready")),
        Column("F1", ".status.plan.predictedF1", "number"),
        Column("Measured", ".status.measured.f1", "number"),
        Column("FPS", ".status.plan.framesPerSecond", "number"),
        Column("Candidate", ".status.plan.candidate", "string"),
        Column("Node", ".status.node"),
        Column("Votes", ".status.plan.votes", "integer", wide=True),
        Column("Achieved", ".status.observed.framesPerSecond", "number", wide=True),
        Column("Events", ".status.observed.events", "integer", wide=True),
        Column("Last event", ".status.observed.lastEvent", "date", wide=True),
        Column("Why", ".status.plan.why", wide=True),
    ),
    "VideoStream": (
        Column("Reachable", _READY.format("Reachable")),
        Column("FPS", ".spec.framesPerSecond", "number"),
        Column("Apps", ".status.apps", "integer"),
        Column("Node", ".status.node"),
        Column("Width", ".status.observed.width", "integer", wide=True),
        Column("Height", ".status.observed.height", "integer", wide=True),
    ),
    "EdgeNode": (
        Column("Ready", _READY.format("Ready")),
        Column("Apps", ".status.plan.apps", "integer"),
        Column("F1", ".status.plan.meanF1", "number"),
        Column("Cost", ".status.plan.cost", "number"),
        Column("Budget", ".status.plan.budget", "number"),
        Column("No-Sharing", ".status.plan.noSharingF1", "number", wide=True),
        Column("Max-Sharing", ".status.plan.maxSharingF1", "number", wide=True),
        Column("CPU", ".status.observed.cpu", "number", wide=True),
    ),
}
"""what `kubectl get` shows, by kind"""


def custom_resource_definition(kind: ResourceKind) -> dict[str, Any]:
    """The object to apply."""
    name = kind.name
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": name,
                "listKind": f"{name}List",
                "plural": kind.plural,
                "singular": name.lower(),
                "shortNames": [kind.short_name],
                "categories": ["mainstream"],
            },
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": _columns(kind),
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "description": kind.model.__doc__,
                            "required": ["spec"],
                            "properties": {
                                "apiVersion": {"type": "string"},
                                "kind": {"type": "string"},
                                "metadata": {"type": "object"},
                                "spec": structural_schema(kind.spec),
                                "status": structural_schema(kind.status),
                            },
                        }
                    },
                }
            ],
        },
    }


def _columns(kind: ResourceKind) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = [
        {"name": each.name, "type": each.type, "jsonPath": each.path, **({"priority": 1} if each.wide else {})}
        for each in COLUMNS[kind.name]
    ]
    return [*columns, {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}]


def rendered() -> dict[Path, str]:
    """Every generated file with its text, relative to the repository."""
    files: dict[Path, str] = {}
    for kind in RESOURCE_KINDS.values():
        definition = custom_resource_definition(kind)
        name = f"{definition['metadata']['name']}.yaml"
        head = "# Generated from src/mainstream/api by `make crds`.\n"
        files[Path("crds") / name] = head + _yaml(definition)
        kept = {"annotations": {"helm.sh/resource-policy": "keep"}, **definition["metadata"]}
        files[Path("charts/mainstream/templates/crds") / name] = (
            head + "{{- if .Values.crds.install }}\n" + _yaml({**definition, "metadata": kept}) + "{{- end }}\n"
        )
    return files | rendered_pages()


class _Dumper(yaml.SafeDumper):
    """Quotes `y` and `n`, which YAML 1.1 (and so kubectl) takes for booleans and PyYAML does not."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "'" if text.lower() in ("y", "n") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _yaml(definition: dict[str, Any]) -> str:
    text: str = yaml.dump(definition, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)
    return text


def main() -> None:
    """Write all generated files below the working folder."""
    for path, text in rendered().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
