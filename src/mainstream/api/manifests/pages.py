"""A page for each kind of manifest, with every field, from the models; `make crds` writes them.

Not written by hand: a field says what it is where it is declared, and nowhere else.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mainstream.api.kinds import RESOURCE_KINDS, ResourceKind
from mainstream.api.model import API_VERSION
from mainstream.api.schema import structural_schema

FOLDER = Path("docs/manifests")
_BOUNDS = (("minimum", "from"), ("maximum", "up to"), ("minItems", "at least"), ("maxItems", "at most"))


def rendered_pages() -> dict[Path, str]:
    """Every generated page with its text, relative to the repository."""
    return {FOLDER / f"{kind.name.lower()}.md": page_of(kind) for kind in RESOURCE_KINDS.values()}


def page_of(kind: ResourceKind) -> str:
    """Markdown of one kind."""
    spec, status = structural_schema(kind.spec), structural_schema(kind.status)
    return "\n".join(
        (
            "<!-- Generated from src/mainstream/api by `make crds`. -->",
            f"# {kind.name}",
            "",
            f"{kind.model.__doc__} `apiVersion: {API_VERSION}`, `kind: {kind.name}`.",
            "",
            "## spec",
            "",
            " ".join((kind.spec.__doc__ or "").split()),
            "",
            *_table(spec),
            "",
            "## status",
            "",
            "Written by the operator; nobody else sets it.",
            "",
            *_table(status),
            "",
        )
    )


def _table(schema: dict[str, Any]) -> Iterator[str]:
    yield "| field | type | what |"
    yield "|---|---|---|"
    for path, each, required in fields_of(schema):
        said = [each.get("description", "")]
        default = each.get("default")
        if required:
            said.append("Required.")
        elif default not in (None, {}, [], ""):
            said.append(f"Default: `{_written(default)}`.")
        yield f"| `{path}` | {_type(each)} | {' '.join(' '.join(said).split()).replace('|', chr(92) + '|')} |"


def fields_of(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Each field below a schema with its path, its own schema, and whether it must be given, in order."""
    required = schema.get("required", [])
    for name, each in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield here, each, name in required
        below = each["items"] if each.get("type") == "array" else each
        yield from fields_of(below, f"{here}[]" if below is not each else here)


def _type(schema: dict[str, Any]) -> str:
    if schema.get("x-kubernetes-int-or-string"):
        return "number or word"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}{_bounds(schema)}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"{_type(schema['additionalProperties'])} by name"
    return f"{schema.get('type', 'object')}{_bounds(schema)}"


def _bounds(schema: dict[str, Any]) -> str:
    said = [f"{word} {schema[key]:g}" for key, word in _BOUNDS if key in schema]
    return f" ({', '.join(said)})" if said else ""


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
