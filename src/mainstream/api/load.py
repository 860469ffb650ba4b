"""Manifests from files: the same YAML that `kubectl apply` takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from mainstream.api.edge_node import EdgeNode
from mainstream.api.kinds import RESOURCE_KINDS, AnyResource
from mainstream.api.model import API_VERSION
from mainstream.api.video_app import VideoApp
from mainstream.api.video_stream import VideoStream
from mainstream.api.yaml_documents import read_yaml
from mainstream.errors import InvalidInputError

_MAX_FILE_BYTES = 1 << 20


@dataclass(frozen=True)
class Manifests:
    """Everything that was declared, in the order of the files."""

    folder: Path
    """where they were read"""
    nodes: tuple[EdgeNode, ...]
    streams: tuple[VideoStream, ...]
    apps: tuple[VideoApp, ...]


def load_manifests(path: Path) -> Manifests:
    """Read one YAML file, or every *.yaml of a folder; other kinds of other groups are passed over."""
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not files:
        raise InvalidInputError("no *.yaml in this folder; name a file or a folder with manifests", source=path)
    found: list[AnyResource] = []
    for file in files:
        found += [_parse(document, file) for document in _documents(file) if _is_ours(document)]
    _check_distinct(found, path)
    folder = path if path.is_dir() else path.parent
    return Manifests(
        folder=folder,
        nodes=tuple(each for each in found if isinstance(each, EdgeNode)),
        streams=tuple(_resolved(each, folder) for each in found if isinstance(each, VideoStream)),
        apps=tuple(each for each in found if isinstance(each, VideoApp)),
    )


def _documents(file: Path) -> list[Any]:
    try:
        if file.stat().st_size > _MAX_FILE_BYTES:
            raise InvalidInputError(f"larger than {_MAX_FILE_BYTES} bytes; split it", source=file)
        return read_yaml(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror})", source=file) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"is not YAML: {' '.join(str(error).split())}", source=file) from error


def _is_ours(document: Any) -> bool:
    return isinstance(document, dict) and document.get("apiVersion") == API_VERSION


def _parse(document: dict[str, Any], file: Path) -> AnyResource:
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in RESOURCE_KINDS:
        raise InvalidInputError(
            f"unknown kind {kind!r}; {API_VERSION} has {', '.join(RESOURCE_KINDS)}", field="kind", source=file
        )
    try:
        return RESOURCE_KINDS[kind].model.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        metadata = document.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(first["msg"], field=f"{kind} {name}: {field}", source=file) from error


def _resolved(stream: VideoStream, folder: Path) -> VideoStream:
    """A `file:` URL relative to its manifest, made absolute; any other stream as it is."""
    scheme, _, rest = stream.spec.url.partition(":")
    if scheme != "file":
        return stream
    url = f"file:{(folder / rest).resolve()}"
    return stream.model_copy(update={"spec": stream.spec.model_copy(update={"url": url})})


def _check_distinct(found: list[AnyResource], path: Path) -> None:
    seen: set[tuple[str, str | None, str]] = set()
    for each in found:
        identity = (each.kind, each.metadata.namespace, each.metadata.name)
        if identity in seen:
            raise InvalidInputError(
                "declared twice; rename one", field=f"{each.kind} {each.metadata.name}", source=path
            )
        seen.add(identity)
