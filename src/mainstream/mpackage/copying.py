"""Copying what was published from one store to another, so that it exists there whole or not at all.

Blobs first, the manifest last; what is there already is passed over, so that a copy that was cut off goes on where it
ended. Every blob is checked on its way.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mainstream.errors import InvalidInputError
from mainstream.mpackage.layout import blob_key, manifest_key, record_key
from mainstream.mpackage.manifest import Blob, Published
from mainstream.mpackage.reading import read_blob, same_bytes
from mainstream.mpackage.stores.store import Store, StoreError

_MAX_RECORD_BYTES = 16 << 20


@dataclass(frozen=True)
class Copied:
    """What it took."""

    copied: frozenset[Blob]
    present: frozenset[Blob]
    """were there already"""


def copy_published(
    manifest: Published, source: Store, target: Store, *, on_blob: Callable[[Blob], None] = lambda blob: None
) -> Copied:
    """Copy a manifest's blobs and then the manifest; `on_blob` is told of each blob that is there.

    Raises `DamagedPackageError` where a blob of the source is not what it should be, `InvalidInputError` where the
    target holds something else under that name and version.
    """
    key = manifest_key(manifest.name, manifest.version)
    canonical = manifest.canonical()
    if target.size_bytes(key) is not None and not same_bytes(target, key, canonical):
        raise _other_content(manifest, target)
    copied, present = set(), set()
    for blob in sorted(manifest.blobs, key=lambda blob: blob.sha256):
        there = target.size_bytes(blob_key(blob))
        if there == blob.size_bytes:
            present.add(blob)
        else:
            target.put(blob_key(blob), read_blob(source, blob), replace=there is not None)
            copied.add(blob)
        on_blob(blob)
    record = _record(manifest, source)
    if record is not None and target.size_bytes(key) is None:
        target.put(record_key(manifest.name, manifest.version), record, replace=True)
    if not target.put(key, canonical) and not same_bytes(target, key, canonical):
        raise _other_content(manifest, target)
    return Copied(frozenset(copied), frozenset(present))


def _record(manifest: Published, source: Store) -> bytes | None:
    try:
        return source.read(record_key(manifest.name, manifest.version), _MAX_RECORD_BYTES)
    except StoreError:
        return None  # it lies outside the digest: a package without one is whole


def _other_content(manifest: Published, target: Store) -> InvalidInputError:
    return InvalidInputError(
        "exists with other content, and a package never changes; copy to another store, or delete it there",
        field=f"{manifest.name}@{manifest.version}",
        source=target,
    )
