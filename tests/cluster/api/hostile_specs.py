"""Random and hostile objects: valid ones made from the schema, then mutated beyond it; the same seed, the same ones."""

import copy
import random
from pathlib import Path
from typing import Any

import yaml
from cluster_tools import ROOT

_TEXTS = (
    *("", "a", "-", "..", "../../etc/passwd", "a" * 253, "a" * 254, "é中文\u202e", "\u0000", "\ud83d\ude00"),
    *("{{ .Values }}", "$(reboot)", "'; drop table", "s3://", "s3://a@b@c", "rtsp://[::1", "file:///dev/zero", "%s%n"),
    *("true", "null", "0x7f", "1e999", "a/b", "plaza/cam", "*", "a\nb", "x" * 5000),
)
_NUMBERS = (0, -1, 1, 7, 8, 1e-300, 1e300, 2**31, 2**63, -(2**63), 0.1, 240, 241, 1.0000001)
_STRANGE: tuple[Any, ...] = (None, True, False, [], {}, [[]], {"a": {"b": []}}, "text", 3, 0.5)
_KINDS = {"VideoApp": "videoapps", "VideoStream": "videostreams", "EdgeNode": "edgenodes"}


def schemas(folder: Path = ROOT / "crds") -> dict[str, dict[str, Any]]:
    """Schema of each kind's spec, as the API server is told."""
    found = {}
    for kind, plural in _KINDS.items():
        body = yaml.safe_load((folder / f"{plural}.mainstream.video.yaml").read_text(encoding="utf-8"))
        schema = body["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        found[kind] = schema["properties"]["spec"]
    return found


def hostile_objects(
    number: int, seed: int, namespace: str, stream: str, store: dict[str, Any], packages: int
) -> list[dict[str, Any]]:
    """`number` objects; half of the apps look at `stream` (`namespace/name`) and run from a package that exists."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    known = schemas()
    made = []
    for index in range(number):
        kind = chance.choice(("VideoApp", "VideoApp", "VideoApp", "VideoStream", "EdgeNode"))
        spec = _value(known[kind], chance)
        if kind == "VideoApp" and chance.random() < 0.5:
            where, _, name = stream.partition("/")
            spec["stream"] = {"namespace": where, "name": name}
            spec["package"] = {
                "reference": f"s3://packages/bench/package-{chance.randrange(packages)}@1",
                "store": store,
            }
        for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
            spec = _mutated(spec, chance)
        metadata = {"name": f"hostile-{index}", "labels": {"hostile": "true"}}
        if kind != "EdgeNode":
            metadata["namespace"] = namespace
        made.append({"apiVersion": "mainstream.video/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec})
    return made


def special_objects(namespace: str, stream: str, store: dict[str, Any]) -> list[dict[str, Any]]:
    """Names at the limit, unicode, as much metadata as the API server takes, a spec near 1 MiB."""
    where, _, name = stream.partition("/")
    spec = {
        "stream": {"namespace": where, "name": name},
        "package": {"reference": "s3://packages/bench/package-1@1", "store": store},
    }
    labels = {f"label-{index}": "v" * 63 for index in range(63)}
    unicode_spec = {**copy.deepcopy(spec), "sinks": [{"jsonLines": {"path": "événements-中文-\u202e.jsonl"}}]}
    versions = {f"package-{index:05}": "v" * 90 for index in range(9000)}
    profile = {
        "machine": "large",
        "back_end": "none",
        "versions": versions,
        "bases": {},
        "frame_s": 0.001,
        "decode_s": {},
        "idle": 0.01,
    }

    def app(label: str, spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
        content = {"name": label, "namespace": namespace, **metadata}
        content["labels"] = {**metadata.get("labels", {}), "hostile": "true"}
        return {"apiVersion": "mainstream.video/v1alpha1", "kind": "VideoApp", "metadata": content, "spec": spec}

    return [
        app("l" * 253, spec),
        app("many-labels", spec, labels=labels),
        app("unicode", unicode_spec, annotations={"note": "émoji \U0001f600 \u202e"}),
        app("annotated", spec, annotations={"note": "n" * 65_000}),
        {
            "apiVersion": "mainstream.video/v1alpha1",
            "kind": "EdgeNode",
            "metadata": {"name": "hostile-large", "labels": {"hostile": "true"}},
            "spec": {"profile": profile},
        },
    ]


def _value(schema: dict[str, Any], chance: random.Random) -> Any:
    """Something that mostly keeps the schema."""
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if schema.get("x-kubernetes-int-or-string"):
        return chance.choice(("auto", 1, 3, 7))
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, chance)
    if kind == "array":
        length = chance.randint(schema.get("minItems", 0), min(schema.get("maxItems", 3), 3))
        return [_value(schema["items"], chance) for _ in range(length)]
    if kind == "string":
        return _text(schema, chance)
    if kind == "integer":
        return chance.randint(int(schema.get("minimum", 0)), int(min(schema.get("maximum", 100), 10_000)))
    if kind == "number":
        low, high = float(schema.get("minimum", 0)), float(min(schema.get("maximum", 10), 100))
        return round(chance.uniform(low, high), 3) or 0.5
    return chance.random() < 0.3


def _object(schema: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    required = set(schema.get("required", ()))
    found = {
        name: _value(each, chance)
        for name, each in schema.get("properties", {}).items()
        if name in required or chance.random() < 0.4
    }
    values = schema.get("additionalProperties")
    if isinstance(values, dict):
        found |= {f"key-{index}": _value(values, chance) for index in range(chance.randint(0, 3))}
    return found


def _text(schema: dict[str, Any], chance: random.Random) -> str:
    pattern = schema.get("pattern", "")
    if pattern.startswith("^(rtsp"):
        return f"rtsp://camera-{chance.randrange(9)}.cameras/stream"
    if pattern.startswith("^https"):
        return "http://127.0.0.1:9/hook"
    if pattern.startswith("^s3:"):
        return "s3://media/clips"
    if "sha256" in str(schema) or pattern == "^[0-9a-f]{64}$":
        return "a" * 64
    return chance.choice(("plaza", "a", "crossing", "full", "s3://packages/bench/package-1@1"))


def _mutated(spec: Any, chance: random.Random) -> Any:
    """The same with one thing otherwise, somewhere."""
    spec = copy.deepcopy(spec)
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                places.append((value, key))
                walk(each)
        elif isinstance(value, list):
            for index, each in enumerate(value):
                places.append((value, index))
                walk(each)

    walk(spec)
    if not places:
        return chance.choice(_STRANGE)
    holder, key = chance.choice(places)
    match chance.randrange(6):
        case 0:
            holder[key] = chance.choice(_TEXTS)
        case 1:
            holder[key] = chance.choice(_NUMBERS)
        case 2:
            holder[key] = chance.choice(_STRANGE)
        case 3:
            holder[key] = [copy.deepcopy(holder[key])] * chance.choice((2, 300))
        case 4 if isinstance(holder, dict):
            del holder[key]
        case _ if isinstance(holder, dict):
            holder[chance.choice(_TEXTS)] = chance.choice(_STRANGE)
    return spec
