"""Manifests from files: whatever `kubectl apply -f` takes, as typed objects."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from mainstream.api.edge_node import EdgeNode
from mainstream.api.kinds import RESOURCE_KINDS, AnyResource
from mainstream.api.manifests.manifest_files import STDIN, FoundObject, find_objects
from mainstream.api.model import API_VERSION, GROUP
from mainstream.api.video_app import VideoApp
from mainstream.api.video_stream import VideoStream
from mainstream.errors import InvalidInputError
from mainstream.files.documents import first_problem


@dataclass(frozen=True)
class Manifests:
    """Everything that was declared, in the order of the files."""

    folder: Path
    """where they were read"""
    nodes: tuple[EdgeNode, ...]
    streams: tuple[VideoStream, ...]
    apps: tuple[VideoApp, ...]


def load_manifests(path: Path) -> Manifests:
    """Read a file, stdin (`-`) or a folder, as `kubectl apply -f` does; other kinds of other groups are passed over."""
    found = [_parse(each) for each in find_objects(path) if _is_ours(each)]
    _check_distinct(found, path)
    folder = path if path != STDIN and path.is_dir() else path.parent
    return Manifests(
        folder=folder,
        nodes=tuple(each for each in found if isinstance(each, EdgeNode)),
        streams=tuple(_resolved(each, folder) for each in found if isinstance(each, VideoStream)),
        apps=tuple(each for each in found if isinstance(each, VideoApp)),
    )


def _is_ours(found: FoundObject) -> bool:
    """Whether it is of our group, or would be, had it said so."""
    version = found.value.get("apiVersion")
    if version is None:
        return str(found.value.get("kind")) in RESOURCE_KINDS
    return str(version).partition("/")[0] == GROUP


def _parse(found: FoundObject) -> AnyResource:
    kind, version = found.value.get("kind"), found.value.get("apiVersion")
    if version != API_VERSION:
        raise _refusal(found, "apiVersion", f"must be {API_VERSION}, is {version or 'missing'}")
    if not isinstance(kind, str) or kind not in RESOURCE_KINDS:
        raise _refusal(found, "kind", f"unknown kind {kind!r}; {API_VERSION} has {', '.join(RESOURCE_KINDS)}")
    try:
        # A status is the operator's: kubectl does not apply it either.
        return RESOURCE_KINDS[kind].model.model_validate(
            {key: part for key, part in found.value.items() if key != "status"}
        )
    except ValidationError as error:
        raise _refusal(found, *first_problem(error)) from error


def _refusal(found: FoundObject, field: str, problem: str) -> InvalidInputError:
    """Names the file, the document where there are several, the object by kind and name, and the field."""
    metadata = found.value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    identity = f"{found.value.get('kind')} {name}" if name else None
    where = ": ".join(part for part in (found.place, identity, field) if part)
    return InvalidInputError(problem, field=where, source=found.source)


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
