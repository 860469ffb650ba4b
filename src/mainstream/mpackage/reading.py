"""Reading a package: nothing is used before its size and sha256 were checked, and nothing is ever unpickled."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from safetensors import SafetensorError, deserialize

from mainstream.errors import InvalidInputError
from mainstream.mpackage.base_manifest import BaseManifest
from mainstream.mpackage.curve import ReplayedCurve, unpack_curve
from mainstream.mpackage.layout import BLOBS, MANIFEST, blob_key, manifest_key
from mainstream.mpackage.manifest import MAX_MANIFEST_BYTES, Blob, Manifest, Published
from mainstream.mpackage.parsing import parse_manifest
from mainstream.mpackage.reference import Reference
from mainstream.mpackage.stores.store import DamagedPackageError, MissingKeyError, Store, StoreError

_MOST_LISTED = 12
"""names or versions in an error"""
_WAY_OUT = "publish it, or correct the reference"


@dataclass(frozen=True)
class Finding:
    """Something wrong with one file of a package."""

    key: str
    """file of the store"""
    problem: str


def open_package(store: Store, reference: Reference) -> Manifest:
    """The manifest that a reference names, checked against its own rules and, by digest, against the reference, with
    the curves that were replayed.

    Raises `InvalidInputError` where there is no such package, `DamagedPackageError` where it is not what it should be.
    """
    found = open_published(store, reference)
    if not isinstance(found, Manifest):
        raise InvalidInputError(
            "is a base network, not a package of an app; name a package", field=str(reference), source=store
        )
    return read_curves(store, found)


def open_base(store: Store, reference: Reference) -> BaseManifest:
    """The same for a published base network, which has no curves."""
    found = open_published(store, reference)
    if not isinstance(found, BaseManifest):
        raise InvalidInputError(
            "is a package of an app, not a base network; name a base network", field=str(reference), source=store
        )
    return found


def open_published(store: Store, reference: Reference) -> Manifest | BaseManifest:
    """The same for whatever was published, without the curves: no blob is read."""
    if reference.version is not None:
        return _open_version(store, reference.name, reference.version)
    for version in package_versions(store, reference.name):
        manifest = _open_version(store, reference.name, version)
        if manifest.digest == reference.digest:
            return manifest
    problem = f"there is no package with this digest ({_what_is_there(store, reference.name)}); {_WAY_OUT}"
    raise InvalidInputError(problem, field=str(reference), source=store)


def published_references(store: Store) -> Iterator[Reference]:
    """Everything that the store holds, by name and version."""
    for name in store.folders():
        if name != BLOBS:
            yield from (Reference(name, version, None) for version in package_versions(store, name))


def package_versions(store: Store, name: str) -> list[str]:
    """Versions of a package that the store holds, sorted as text."""
    keys = [key.split("/") for key in store.keys(name)]
    return sorted(parts[1] for parts in keys if len(parts) == 3 and parts[2] == MANIFEST)


def read_blob(store: Store, blob: Blob) -> bytes:
    """The blob's bytes, a readable safetensors file of the size and sha256 that the manifest says."""
    key = blob_key(blob)
    try:
        data = store.read(key, blob.size_bytes)
    except MissingKeyError as error:
        raise DamagedPackageError("is missing; publish the package again", field=key, source=store) from error
    if len(data) != blob.size_bytes:
        raise DamagedPackageError(
            f"has {len(data)} bytes, not {blob.size_bytes}; publish the package again", field=key, source=store
        )
    if hashlib.sha256(data).hexdigest() != blob.sha256:
        raise DamagedPackageError(
            "was changed: its sha256 is another; publish the package again", field=key, source=store
        )
    try:
        deserialize(data)  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise DamagedPackageError(f"is not a safetensors file ({error})", field=key, source=store) from error
    return data


def read_curves(store: Store, manifest: Manifest) -> Manifest:
    """A package with the curves that were replayed; its manifest has bounded how large they are.

    Raises `DamagedPackageError` where one is not what it should be.
    """
    candidates = (
        each if each.curve is None else each.model_copy(update={"replayed": _read_curve(store, each.curve)})
        for each in manifest.candidates
    )
    return manifest.model_copy(update={"candidates": tuple(candidates)})


def verify_package(store: Store, manifest: Published) -> list[Finding]:
    """Read every blob of a package, and what its curves say; what is wrong with which, nothing if all is well."""
    findings = []
    curves = {each.curve for each in manifest.candidates} if isinstance(manifest, Manifest) else set()
    for blob in sorted(manifest.blobs, key=lambda blob: blob.sha256):
        try:
            if blob in curves:
                _read_curve(store, blob)
            else:
                read_blob(store, blob)
        except StoreError as error:
            findings.append(Finding(blob_key(blob), error.message))
    return findings


def same_bytes(store: Store, key: str, data: bytes) -> bool:
    """Whether the store holds exactly `data` under `key`."""
    try:
        return store.read(key, len(data)) == data
    except StoreError:
        return False


def _read_curve(store: Store, blob: Blob) -> ReplayedCurve:
    try:
        return unpack_curve(read_blob(store, blob))
    except InvalidInputError as error:
        message = f"{error}; publish the package again"
        raise DamagedPackageError(message, field=blob_key(blob), source=store) from error


def _open_version(store: Store, name: str, version: str) -> Manifest | BaseManifest:
    key = manifest_key(name, version)
    try:
        data = store.read(key, MAX_MANIFEST_BYTES)
    except MissingKeyError as error:
        problem = f"there is no such package ({_what_is_there(store, name)}); {_WAY_OUT}"
        raise InvalidInputError(problem, field=f"{name}@{version}", source=store) from error
    manifest = parse_manifest(data, field=key, source=store)
    if (manifest.name, manifest.version) != (name, version):
        raise DamagedPackageError(f"is the manifest of {manifest.name}@{manifest.version}", field=key, source=store)
    return manifest


def _what_is_there(store: Store, name: str) -> str:
    """The versions that the store has of a package, or, without any, what else it has."""
    try:
        versions = package_versions(store, name)
        names = [] if versions else [each for each in store.folders() if each != BLOBS]
    except StoreError:
        return "what the store has cannot be listed"  # Who may read a package need not be allowed to.
    if versions:
        return f"versions: {_listed(versions)}"
    return f"versions: none, {f'the store has {_listed(names)}' if names else 'the store is empty'}"


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_LISTED
    return ", ".join(names[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
