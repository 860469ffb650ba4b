"""Packages that somebody made to do harm: a valid one, damaged in one of the ways that readers have fallen for.

`hostile_package` draws one; `read_everything` does with it all that a node or a trainer would. Whatever is wrong has to
be a `MainstreamError`; every other exception, a crash, or a file outside the store is a bug.
"""

import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save
from small_package import make_package
from torch import nn

from mainstream.errors import MainstreamError
from mainstream.mpackage.comparing import compare
from mainstream.mpackage.copying import copy_published
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.publish import blob_of
from mainstream.mpackage.reading import open_published, published_references, read_curves, verify_package
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.tensors import fill
from mainstream.weights import read_tensors

GOOD, BLOBS = make_package()
PLAIN: dict[str, Any] = json.loads(GOOD.canonical())
Files = dict[str, bytes]
"""by path in the store"""

_VALUES: tuple[Callable[[random.Random], Any], ...] = (
    lambda draw: draw.choice(
        ["..", "../../etc/passwd", "/etc/passwd", "a/../b", "", ".", "\x00", "\ud800", "x" * 70000]
    ),
    lambda draw: draw.choice([-1, 0, 1, 2**31, 2**63, 2**64, 10**30, 10**400, True, False, None]),
    lambda draw: draw.choice([float("nan"), float("inf"), -float("inf"), 1e308, -0.0, 1e-320, 0.1, 1.5]),
    lambda draw: draw.choice([[], {}, [[]], [None] * 300, {"a": {}}, {"__proto__": 1}]),
    lambda draw: nested(draw.choice([10, 200, 900, 3000])),
    lambda draw: f"{draw.getrandbits(256):064x}",
)


def nested(depth: int) -> Any:
    """A list in a list in a list."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def hostile_package(draw: random.Random) -> Files:
    """A store with one package in which something is wrong."""
    ways = (_manifest_values, _manifest_text, _manifest_bytes, _blob_header, _blob_bytes, _missing, _curve)
    return draw.choice(ways)(draw)


def read_everything(store: Path, target: Path) -> str | None:
    """Open, verify, compare, copy, load; the error's text, None where nothing was found wrong."""
    folder = FolderStore(store)
    problems: list[str] = []
    try:
        for reference in published_references(folder):
            found = open_published(folder, reference)
            problems += [finding.problem for finding in verify_package(folder, found)]
            if isinstance(found, Manifest):
                compare(GOOD, found)
                for candidate in found.candidates:
                    for blob in candidate.blobs:
                        fill(nn.Linear(2, 1), _two(read_tensors(folder, blob)), source=blob.sha256)
            copy_published(found, folder, FolderStore(target))
            if isinstance(found, Manifest):
                read_curves(folder, found)
    except MainstreamError as error:
        problems.append(str(error))
    return problems[0] if problems else None


def _two(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Segments of the small package are no linear layer: only what looks like one is filled in."""
    return tensors if {"weight", "bias"} <= tensors.keys() else nn.Linear(2, 1).state_dict()


def write(files: Files, store: Path) -> None:
    """Put the files where a store has them; their paths are ours, what is in them is not."""
    for path, data in files.items():
        (store / path).parent.mkdir(parents=True, exist_ok=True)
        (store / path).write_bytes(data)


def whole(manifest: bytes | None = None) -> Files:
    files = {f"blobs/{sha256}": data for sha256, data in BLOBS.items()}
    return {**files, "crossing/1/manifest.json": GOOD.canonical() if manifest is None else manifest}


def _canonical(plain: Any) -> bytes:
    """As our own spelling has it, so that a reader gets past that check."""
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="surrogatepass")


def _manifest_values(draw: random.Random) -> Files:
    """One or a few values, names or entries are others; spelled canonically."""
    plain = json.loads(GOOD.canonical())
    actions = [draw.randrange(4) for _ in range(draw.choice((1, 1, 1, 2, 5)))]
    for action in sorted(actions):
        parent, key = _place(plain, draw)
        if action == 0 and isinstance(parent, dict):
            parent.pop(key, None)
        elif action == 1 and isinstance(parent, dict):
            parent[draw.choice(["..", "", "extra", "schema_version", "x" * 5000])] = draw.choice(_VALUES)(draw)
        elif action == 2 and isinstance(parent, list):
            parent.extend([parent[key]] * draw.choice((1, 30)))
        else:
            parent[key] = draw.choice(_VALUES)(draw)
    try:
        return whole(_canonical(plain))
    except RecursionError:
        return whole(b"[" * 100_000)


def _manifest_text(draw: random.Random) -> Files:
    """JSON that is spelled to confuse."""
    text = GOOD.canonical().decode()
    changed = draw.choice(
        (
            lambda: text.replace('"seed":0', '"seed":0,"seed":1'),
            lambda: text.replace('"seed":0', '"seed":' + "9" * draw.choice((30, 4299, 5000, 100_000))),
            lambda: text.replace('"seed":0', '"seed":NaN'),
            lambda: text.replace('"settings":{}', '"settings":{"x":NaN}'),
            lambda: text.replace('"settings":{}', '"settings":{"x":-Infinity}'),
            lambda: text.replace('"settings":{}', '"settings":{"x":1e999}'),
            lambda: text.replace('"settings":{}', '"settings":{"x":"\\ud800"}'),
            lambda: text.replace('"settings":{}', '"settings":{"x":' + "[" * 5000 + "]" * 5000 + "}"),
            lambda: text.replace('"settings":{}', '"settings":{"x":' + "[" * 400 + "]" * 400 + "}"),
            lambda: text.replace('"preprocessing":{}', '"preprocessing":' + '{"a":' * 2000 + "1" + "}" * 2000),
            lambda: text.replace(
                '"settings":{}', '"settings":{' + ",".join(f'"k{i}":{i}' for i in range(50_000)) + "}"
            ),
            lambda: "[" * draw.choice((1000, 100_000, 3_000_000)),
            lambda: "[]," * 1_000_000,
            lambda: text + " ",
            lambda: "\ufeff" + text,
            lambda: " " * 1000 + text,
            lambda: '"just a text"',
            lambda: "",
        )
    )()
    return whole(changed.encode(errors="surrogatepass"))


def _manifest_bytes(draw: random.Random) -> Files:
    """Flipped, cut, repeated, larger than a manifest may be."""
    return whole(_mangled(GOOD.canonical(), draw))


def _mangled(data: bytes, draw: random.Random) -> bytes:
    content = bytearray(data)
    action = draw.randrange(5)
    if action == 0:
        for _ in range(draw.choice((1, 1, 3, 20))):
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    elif action == 1:
        del content[draw.randrange(len(content)) :]
    elif action == 2:
        at = draw.randrange(len(content))
        content[at:at] = draw.randbytes(draw.choice((1, 8, 1000)))
    elif action == 3:
        start = draw.randrange(len(content))
        content[start : start + draw.randrange(1, 200)] = b""
    else:
        content += content[: draw.randrange(1, len(content))]
    return bytes(content)


def _curve(draw: random.Random) -> Files:
    """A replayed curve of wild numbers, shapes or sizes."""
    wild = (0.0, 0.5, 1.0, 7.0, -1.0, 1e308, float("nan"), float("inf"))
    numbers = [draw.choice(wild) for _ in range(5 * draw.choice((1, 3, 1000)))]
    shape = draw.choice(([len(numbers) // 5, 5], [len(numbers)], [5, len(numbers) // 5]))
    packed = save({draw.choice(("curve", "other")): np.array(numbers).reshape(shape)})
    packed = _mangled(packed, draw) if draw.random() < 0.3 else packed
    blob = blob_of(packed)
    said = {"sha256": blob.sha256, "size_bytes": draw.choice((blob.size_bytes, 0, 1 << 20, 1 << 30))}
    plain = json.loads(GOOD.canonical())
    plain["candidates"][0]["curve"] = said
    return {**whole(_canonical(plain)), f"blobs/{blob.sha256}": packed}


def _blob_header(draw: random.Random) -> Files:
    """A head whose digest is right and whose safetensors header lies."""
    entry: Any = {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}
    other: Any = {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}
    header: Any = {"weight": entry, "bias": other}
    for _ in range(draw.choice((1, 1, 2))):
        draw.choice(
            (
                lambda: entry.update(
                    shape=draw.choice([[2**60], [2**32, 2**32], [-1, 2], [0], [], [1] * 2000, "x", None])
                ),
                lambda: entry.update(
                    data_offsets=draw.choice([[0, 2**60], [8, 0], [4, 12], [-8, 0], [0], [0, 8, 8], "x"])
                ),
                lambda: entry.update(
                    dtype=draw.choice(["F64", "I64", "BOOL", "F8_E4M3", "BF16", "F16", "U4", "", 7, None])
                ),
                lambda: other.update(data_offsets=draw.choice([[0, 4], [4, 8], [8, 16], [2**63, 2**63 + 4]])),
                lambda: header.update({draw.choice(["..", "/etc/passwd", "", "\x00", "x" * 100_000]): dict(entry)}),
                lambda: header.update({"__metadata__": draw.choice([{"a": 1}, {"a": "b"}, [], nested(100), None])}),
                lambda: header.pop("bias", None),
                lambda: header.update(
                    {f"t{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(5000)}
                ),
            )
        )()
    text = json.dumps(header).encode()
    length = draw.choice([len(text), len(text), len(text), 0, len(text) + 1, 2**31, 2**63, 2**64 - 1, 100_000_001])
    return _with_head(struct.pack("<Q", length) + text + bytes(draw.choice([12, 12, 12, 0, 8, 4096])))


def _blob_bytes(draw: random.Random) -> Files:
    """Blobs that were changed where they lie, or whose digest was made to fit."""
    if draw.random() < 0.5:
        return _with_head(_mangled(BLOBS[GOOD.candidates[0].head.sha256], draw))
    files = whole()
    path = draw.choice([path for path in files if path.startswith("blobs/")])
    return {**files, path: _mangled(files[path], draw)}


def _missing(draw: random.Random) -> Files:
    """Something is not there, or is something else's."""
    files = whole()
    path = draw.choice(list(files))
    data = files.pop(path)
    return draw.choice(
        (
            lambda: files,
            lambda: {**files, path: save({})},
            lambda: {**files, path: b""},
            lambda: {**files, path + "x": data},
            lambda: {**files, path: data, "crossing/2/manifest.json": files.get("crossing/1/manifest.json", b"{}")},
        )
    )()


def _with_head(data: bytes) -> Files:
    """The package with these bytes as a head, named as they are."""
    blob = blob_of(data)
    plain = json.loads(GOOD.canonical())
    plain["candidates"][0]["head"] = blob.model_dump()
    return {**whole(_canonical(plain)), f"blobs/{blob.sha256}": data}


def _place(value: Any, draw: random.Random) -> tuple[Any, Any]:
    """A (parent, key) somewhere in plain data."""
    while True:
        key = draw.choice(list(value) if isinstance(value, dict) else range(len(value)))
        below = value[key]
        if not (isinstance(below, dict | list) and below) or draw.random() < 0.2:
            return value, key
        value = below
