"""Objects in files as `kubectl apply -f` finds them: YAML or JSON, several in a file, lists of them, stdin, folders."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mainstream.api.manifests.yaml_documents import read_yaml
from mainstream.api.model import GROUP
from mainstream.errors import InvalidInputError

STDIN = Path("-")
_SUFFIXES = (".json", ".yaml", ".yml")
_MAX_YAML_BYTES = 1 << 20
_MAX_JSON_BYTES = 16 << 20


@dataclass(frozen=True)
class FoundObject:
    """One object, and where it stood."""

    value: dict[str, Any]
    source: str
    """file, or `-`"""
    place: str | None
    """`document 2: items[0]`, where the file holds more than this object"""


def find_objects(path: Path) -> Iterator[FoundObject]:
    """Every object of a file, of stdin (`-`), or of the *.yaml, *.yml and *.json of a folder; lists are opened."""
    for file in _files(path):
        documents = _documents(file)
        for number, document in enumerate(documents, start=1):
            place = f"document {number}" if len(documents) > 1 else None
            yield from _opened(document, FoundObject({}, str(file), place))


def _files(path: Path) -> list[Path]:
    if path == STDIN or not path.is_dir():
        return [path]
    # `._name` is what macOS leaves beside a file.
    named = [each for each in sorted(path.iterdir()) if each.suffix in _SUFFIXES and not each.name.startswith("._")]
    files = [each for each in named if each.is_file()]
    if not files:
        raise InvalidInputError(
            "no *.yaml, *.yml or *.json in this folder; name a file or a folder with manifests", source=path
        )
    return [each for each in files if each.suffix != ".json" or _names_group(each)]


def _names_group(file: Path) -> bool:
    """Whether JSON that lies in a folder is a manifest: most is data (labels, profiles, exports)."""
    return GROUP.encode() in _read(file, _MAX_YAML_BYTES)


def _documents(file: Path) -> list[Any]:
    content = _read(file, _MAX_JSON_BYTES)
    if len(content) > _MAX_JSON_BYTES:
        raise InvalidInputError(f"larger than {_MAX_JSON_BYTES} bytes; split it", source=file)
    try:
        text = content.decode("utf-8-sig")
        if file.suffix == ".json" or text.lstrip().startswith("{"):
            try:
                return _read_json(text)
            except json.JSONDecodeError:
                if file.suffix == ".json":
                    raise
        if len(content) > _MAX_YAML_BYTES:
            raise InvalidInputError(
                f"larger than {_MAX_YAML_BYTES} bytes; split it, or write it as JSON (kubectl get -o json)", source=file
            )
        return [document for document in read_yaml(text) if document is not None]
    except RecursionError as error:
        raise InvalidInputError("values are nested too deeply", source=file) from error
    except (yaml.YAMLError, ValueError) as error:
        words = " ".join(str(error).replace('in "<unicode string>", ', "at ").split())
        form = "JSON" if file.suffix == ".json" else "YAML"
        raise InvalidInputError(f"is not {form}: {words}", source=file) from error


def _read(file: Path, most_bytes: int) -> bytes:
    """The file's content, or its first `most_bytes` + 1 bytes where it has more."""
    try:
        if file == STDIN:
            return sys.stdin.buffer.read(most_bytes + 1)
        with file.open("rb") as opened:
            return opened.read(most_bytes + 1)
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror})", source=file) from error


def _read_json(text: str) -> list[Any]:
    """One JSON document after the other, as kubectl reads them."""
    decoder = json.JSONDecoder(object_pairs_hook=_no_key_twice)
    found, at = [], len(text) - len(text.lstrip())
    while at < len(text):
        document, end = decoder.raw_decode(text, at)
        found.append(document)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    return found


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs; `ValueError` where a key stands twice, of which one would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key {twice!r} stands twice")
    return found


def _opened(value: Any, found: FoundObject) -> Iterator[FoundObject]:
    """The object itself, or those of a list; whatever is no object is passed over."""
    if not isinstance(value, dict):
        return
    items = value.get("items")
    if not isinstance(items, list) or not str(value.get("kind", "")).endswith("List"):
        yield FoundObject(value, found.source, found.place)
        return
    for index, item in enumerate(items):
        place = ": ".join(part for part in (found.place, f"items[{index}]") if part)
        yield from _opened(_of_list(item, value), FoundObject({}, found.source, place))


def _of_list(item: Any, its_list: dict[str, Any]) -> Any:
    """An item of a list of one kind (VideoAppList) may leave kind and version to the list."""
    if not isinstance(item, dict) or its_list["kind"] == "List" or "kind" in item or "apiVersion" in item:
        return item
    kind = its_list["kind"].removesuffix("List")
    return {"apiVersion": its_list.get("apiVersion"), "kind": kind, **item}
