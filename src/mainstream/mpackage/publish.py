"""Writing a package: blobs first, the manifest last, never over another one."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from mainstream.errors import InvalidInputError
from mainstream.mpackage.layout import blob_key, manifest_key, record_key
from mainstream.mpackage.manifest import MAX_BLOB_BYTES, MAX_MANIFEST_BYTES, Blob, Published
from mainstream.mpackage.reading import same_bytes
from mainstream.mpackage.stores.store import Store


def blob_of(data: bytes) -> Blob:
    """How a manifest names these bytes."""
    if len(data) > MAX_BLOB_BYTES:
        raise InvalidInputError(f"has {len(data)} bytes, more than the {MAX_BLOB_BYTES} of a blob", field="blob")
    return Blob(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))


def publish(store: Store, manifest: Published, blobs: Mapping[str, bytes], record: Mapping[str, Any]) -> None:
    """Write a package, or a base network, with the `blobs` (by sha256) that it names.

    Publishing the same content again changes nothing; other content under an existing name and version is an
    `InvalidInputError`. Until the manifest is there, nobody sees a package.
    """
    canonical = manifest.canonical()
    if len(canonical) > MAX_MANIFEST_BYTES:
        raise InvalidInputError(
            f"has {len(canonical)} bytes, more than the {MAX_MANIFEST_BYTES} of a manifest", field="manifest"
        )
    for blob in sorted(manifest.blobs, key=lambda blob: blob.sha256):
        _put_blob(store, blob, blobs[blob.sha256])
    key = manifest_key(manifest.name, manifest.version)
    if same_bytes(store, key, canonical):
        return
    store.put(record_key(manifest.name, manifest.version), _as_json(record), replace=True)
    if not store.put(key, canonical) and not same_bytes(store, key, canonical):
        raise InvalidInputError(
            "exists with other content, and a package never changes; publish under another version",
            field=f"{manifest.name}@{manifest.version}",
            source=store,
        )


def _put_blob(store: Store, blob: Blob, data: bytes) -> None:
    """Write a blob unless the store has it; one that was damaged there is put right."""
    key = blob_key(blob)
    if not store.put(key, data) and not same_bytes(store, key, data):
        store.put(key, data, replace=True)


def _as_json(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, indent=2, sort_keys=True).encode() + b"\n"
