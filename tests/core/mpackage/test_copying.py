import json

import pytest
from s3_server import KEYS

from mainstream.errors import InvalidInputError
from mainstream.mpackage.comparing import compare
from mainstream.mpackage.copying import copy_published
from mainstream.mpackage.layout import blob_key, manifest_key
from mainstream.mpackage.publish import publish
from mainstream.mpackage.reading import open_package, package_versions, published_references, verify_package
from mainstream.mpackage.reference import Reference
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.mpackage.stores.opening import StoreOptions, open_store, split_reference
from mainstream.mpackage.stores.store import DamagedPackageError, StoreError

REFERENCE = Reference("crossing", "1", None)


@pytest.fixture
def target(tmp_path):
    return FolderStore(tmp_path / "target")


@pytest.fixture
def published(store, package):
    publish(store, *package, {"seconds": 1.5})
    return package[0]


def test_a_copy_is_the_same_package(store, target, published):
    done = copy_published(published, store, target)
    assert done.copied == published.blobs
    assert open_package(target, REFERENCE) == published
    assert verify_package(target, published) == []
    assert json.loads(target.read("crossing/1/record.json", 1000)) == {"seconds": 1.5}


def test_a_copy_that_was_cut_off_is_no_package_and_goes_on_where_it_ended(store, target, published):
    class CutOffError(Exception):
        pass

    def cut_off(blob):
        if len(target.keys("blobs")) == 2:
            raise CutOffError

    with pytest.raises(CutOffError):
        copy_published(published, store, target, on_blob=cut_off)
    assert package_versions(target, "crossing") == []
    done = copy_published(published, store, target)
    assert (len(done.present), len(done.copied)) == (2, 2)
    assert verify_package(target, published) == []


def test_a_blob_of_another_size_is_put_right_on_the_way(store, target, published):
    blob = min(published.blobs, key=lambda blob: blob.sha256)
    target.put(blob_key(blob), b"rubbish")
    assert blob in copy_published(published, store, target).copied
    assert verify_package(target, published) == []


def test_a_damaged_source_is_never_copied_as_a_package(store, target, published):
    blob = published.candidates[0].head
    (store.folder / blob_key(blob)).write_bytes(b"x" * blob.size_bytes)
    with pytest.raises(DamagedPackageError, match="was changed"):
        copy_published(published, store, target)
    assert package_versions(target, "crossing") == []


def test_another_package_under_the_same_name_stays_as_it_is(store, target, published, other_package):
    publish(target, *other_package, {})
    with pytest.raises(InvalidInputError, match=r"crossing@1: exists with other content"):
        copy_published(published, store, target)
    assert open_package(target, REFERENCE) == other_package[0]


def test_what_a_store_holds_is_listed_without_strangers_folders(store, published):
    (store.folder / ".hidden").mkdir()
    (store.folder / "not a name").mkdir()
    (store.folder / "empty").mkdir()
    assert list(published_references(store)) == [REFERENCE]
    assert list(published_references(FolderStore(store.folder / "nowhere"))) == []


def test_packages_that_differ_in_their_heads_share_the_bytes_of_their_segments(package, other_package):
    before, after = package[0], other_package[0]
    difference = compare(before, after)
    assert [each.name for each in difference.candidates] == ["tuned-0", "tuned-2"]
    heads = sum(candidate.head.size_bytes for candidate in after.candidates)
    segments = sum(segment.blob.size_bytes for segment in after.candidates[0].segments)
    assert (difference.new_bytes, difference.shared_bytes) == (heads, segments)
    assert difference.candidates[0].shared_bytes == segments
    assert difference.changes == ()


def test_other_statistics_and_training_are_named_field_by_field(package):
    before = package[0]
    after = before.model_copy(update={"training": before.training.model_copy(update={"seed": 7})})
    (change,) = compare(before, after).changes
    assert (change.what, change.before, change.after) == ("training.seed", 0, 7)
    assert compare(before, before).candidates == ()


@pytest.mark.parametrize(
    ("text", "store", "name"),
    [
        ("crossing@1", "out/packages", "crossing@1"),
        ("out/store/crossing@1", "out/store", "crossing@1"),
        ("../crossing@1", "..", "crossing@1"),
        ("/crossing@1", "/", "crossing@1"),
        ("s3://bucket/a/b/crossing@1", "s3://bucket/a/b", "crossing@1"),
        (f"file:out/crossing@sha256:{'0' * 64}", "file:out", f"crossing@sha256:{'0' * 64}"),
    ],
)
def test_a_reference_is_taken_apart_into_store_and_name(text, store, name):
    where, reference = split_reference(text, "out/packages")
    assert (where, str(reference)) == (store, name)


def test_a_store_that_is_neither_folder_nor_s3_is_refused():
    with pytest.raises(InvalidInputError, match=r"'http://host/x' is neither s3://bucket/prefix nor a folder"):
        open_store("http://host/x")
    with pytest.raises(InvalidInputError, match="is not s3://bucket/prefix"):
        open_store("s3://")
    assert str(open_store("file:out/x")) == "out/x"


def test_an_anonymous_reader_needs_no_keys_and_says_what_is_refused(s3_server, monkeypatch, package):
    publish(s3_server.store("private"), *package, {})
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    store = open_store("s3://packages/private", StoreOptions(endpoint=s3_server.endpoint, anonymous=True))
    with pytest.raises(StoreError, match=r"refuses|answered"):
        open_package(store, REFERENCE)


def test_the_default_credential_chain_reaches_s3_and_packages_travel_there_and_back(
    s3_server, monkeypatch, store, target, published
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS.secret_access_key)
    bucket = open_store("s3://packages/travel", StoreOptions(endpoint=s3_server.endpoint, region="us-east-1"))
    copy_published(published, store, bucket)
    assert list(published_references(bucket)) == [REFERENCE]
    copy_published(open_package(bucket, REFERENCE), bucket, target)
    assert verify_package(target, published) == []
    assert target.read(manifest_key("crossing", "1"), 1 << 20) == published.canonical()


def test_an_aws_profile_that_is_not_there_is_named():
    with pytest.raises(InvalidInputError, match=r"profile: .*nobody"):
        open_store("s3://packages/x", StoreOptions(profile="nobody"))
