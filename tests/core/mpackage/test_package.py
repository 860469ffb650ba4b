import json
import random

import pytest

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.mpackage.layout import blob_key
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.publish import publish
from mainstream.mpackage.reading import open_package, package_versions, read_blob, verify_package
from mainstream.mpackage.reference import Reference
from mainstream.mpackage.stores.store import DamagedPackageError, StoreRefusedError

REFERENCE = Reference("crossing", "1", None)


def test_a_published_package_is_opened_by_version_and_by_digest(store, package):
    manifest, blobs = package
    publish(store, manifest, blobs, {"seconds": 1.5})
    assert open_package(store, REFERENCE) == manifest
    assert open_package(store, Reference("crossing", None, manifest.digest)) == manifest
    assert package_versions(store, "crossing") == ["1"]
    assert verify_package(store, manifest) == []
    for blob in manifest.blobs:
        assert read_blob(store, blob) == blobs[blob.sha256]
    assert json.loads(store.read("crossing/1/record.json", 1000)) == {"seconds": 1.5}


def test_publishing_the_same_again_changes_nothing(store, package):
    manifest, blobs = package
    publish(store, manifest, blobs, {"seconds": 1.5})
    publish(store, manifest, blobs, {"seconds": 9.9})
    assert json.loads(store.read("crossing/1/record.json", 1000)) == {"seconds": 1.5}


def test_a_package_never_changes(store, package, other_package):
    publish(store, *package, {})
    with pytest.raises(InvalidInputError, match=r"crossing@1.*never changes"):
        publish(store, *other_package, {})
    assert open_package(store, REFERENCE) == package[0]


def test_publishing_again_repairs_a_damaged_blob(store, package):
    manifest, blobs = package
    publish(store, manifest, blobs, {})
    blob = manifest.candidates[0].head
    (store.folder / blob_key(blob)).write_bytes(b"rubbish")
    publish(store, manifest, blobs, {})
    assert verify_package(store, manifest) == []


def test_a_field_stands_in_a_manifest_only_where_it_says_something(package):
    manifest, _ = package
    optional = {"pruned", "quick", "dominated_by", "curve", "replayed", "lengths_s"}
    plain = json.loads(manifest.canonical())
    assert not optional & {*plain, *plain["candidates"][0], *plain["event_statistics"]}
    assert "segments" not in plain["base"]
    assert "segments" not in plain["candidates"][1]
    dominated = manifest.candidates[1].model_copy(update={"dominated_by": "tuned-0"})
    said = manifest.model_copy(update={"candidates": (manifest.candidates[0], dominated)})
    assert json.loads(said.canonical())["candidates"][1]["dominated_by"] == "tuned-0"
    assert said.digest != manifest.digest


def test_a_manifest_keeps_its_digest_when_the_format_gets_another_optional_field(package):
    class Later(Manifest):
        licence: str | None = None

    manifest, _ = package
    later = Later.model_validate_json(manifest.canonical())
    assert later.digest == manifest.digest
    assert later.model_copy(update={"licence": "MIT"}).digest != manifest.digest


def test_without_a_manifest_there_is_no_package(store, package):
    manifest, blobs = package
    del blobs[manifest.candidates[1].head.sha256]
    with pytest.raises(KeyError):
        publish(store, manifest, blobs, {})
    assert package_versions(store, "crossing") == []
    with pytest.raises(
        InvalidInputError,
        match=r"crossing@1.*no such package \(versions: none, the store is empty\); publish it, or correct",
    ):
        open_package(store, REFERENCE)


def test_an_unknown_digest_is_a_clear_error(store, package):
    publish(store, *package, {})
    with pytest.raises(InvalidInputError, match=r"no package with this digest \(versions: 1\)"):
        open_package(store, Reference("crossing", None, "0" * 64))


def test_where_there_is_no_package_of_a_name_those_that_are_there_are_listed(store, package):
    manifest, blobs = package
    for number in range(14):
        publish(store, manifest.model_copy(update={"name": f"door-{number:02}"}), blobs, {})
    with pytest.raises(
        InvalidInputError, match=r"versions: none, the store has door-00, .*, door-11 and 2 more\); publish"
    ):
        open_package(store, REFERENCE)


def test_a_store_that_cannot_be_listed_says_so(store, monkeypatch):
    def refuse():
        raise StoreRefusedError("may not be listed")

    monkeypatch.setattr(store, "folders", refuse)
    with pytest.raises(InvalidInputError, match=r"no such package \(what the store has cannot be listed\)"):
        open_package(store, REFERENCE)


def test_a_blob_is_checked_before_it_is_used(store, package):
    manifest, blobs = package
    publish(store, manifest, blobs, {})
    changed, short, gone = sorted(manifest.blobs, key=lambda blob: blob.sha256)[:3]
    data = bytearray(blobs[changed.sha256])
    data[-1] ^= 1
    (store.folder / blob_key(changed)).write_bytes(data)
    (store.folder / blob_key(short)).write_bytes(blobs[short.sha256][:-1])
    (store.folder / blob_key(gone)).unlink()
    findings = {finding.key: finding.problem for finding in verify_package(store, manifest)}
    assert set(findings) == {blob_key(changed), blob_key(short), blob_key(gone)}
    assert "was changed" in findings[blob_key(changed)]
    assert "bytes, not" in findings[blob_key(short)]
    assert "is missing" in findings[blob_key(gone)]
    with pytest.raises(DamagedPackageError, match=f"{changed.sha256}.*was changed"):
        read_blob(store, changed)


def test_no_changed_byte_of_a_manifest_goes_unnoticed(store, package):
    manifest, blobs = package
    publish(store, manifest, blobs, {})
    path = store.folder / "crossing/1/manifest.json"
    original = path.read_bytes()
    rng = random.Random(1)  # noqa: S311
    by_digest = Reference("crossing", None, manifest.digest)
    for _ in range(500):
        data = bytearray(original)
        match rng.randrange(3):
            case 0:
                data[rng.randrange(len(data))] ^= rng.randrange(1, 256)
            case 1:
                del data[rng.randrange(len(data)) :]
            case 2:
                at = rng.randrange(len(data))
                data[at:at] = rng.randbytes(rng.randrange(1, 50))
        path.write_bytes(data)
        with pytest.raises(MainstreamError):
            open_package(store, by_digest)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 100_000, "null", "[]", "1e999", '{"candidates": NaN}', "\xff", ""],
)
def test_a_manifest_that_is_none_is_refused(store, package, text):
    publish(store, *package, {})
    (store.folder / "crossing/1/manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(DamagedPackageError):
        open_package(store, REFERENCE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("candidates", 0, "head", "size_bytes"), 1 << 40),
        (("candidates", 0, "head", "size_bytes"), -1),
        (("candidates", 0, "head", "sha256"), "../../../etc/passwd"),
        (("candidates", 0, "segments", 0, "branch_point"), 1),
        (("candidates", 0, "branch_point"), 2),
        (("candidates", 1, "branch_point"), 0),
        (("candidates", 1, "branch_point"), 3),
        (("candidates", 1, "kind"), "whole"),
        (("candidates", 1, "name"), "Tuned 2"),
        (("candidates", 1, "name"), "tuned-0"),
        (("candidates", 1, "head_form", "map"), [2, 5, 0]),
        (("candidates", 0, "kind"), "micro"),
        (("candidates",), []),
        (("event_class",), "unicorn"),
        (("name",), "../other"),
        (("base", "digest"), "abc"),
        (("surprise",), 1),
    ],
)
def test_a_manifest_that_lies_is_refused(store, package, path, value):
    publish(store, *package, {})
    file = store.folder / "crossing/1/manifest.json"
    content = json.loads(file.read_bytes())
    inner = content
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    file.write_bytes(json.dumps(content, sort_keys=True, separators=(",", ":")).encode())
    with pytest.raises(DamagedPackageError, match=r"manifest\.json"):
        open_package(store, REFERENCE)
