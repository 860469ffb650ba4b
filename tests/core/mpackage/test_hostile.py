import random
import shutil

import pytest
from hostile import GOOD, hostile_package, read_everything, whole, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstream.mpackage.parsing import parse_manifest
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.mpackage.stores.store import DamagedPackageError


def test_a_package_that_nobody_touched_is_read_without_a_finding(tmp_path):
    write(whole(), tmp_path / "store")
    assert read_everything(tmp_path / "store", tmp_path / "target") is None


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hostile_packages_are_refused_with_a_clear_error_and_write_nothing_outside(tmp_path, seed):
    store, target = tmp_path / "store", tmp_path / "target"
    for folder in (store, target):
        shutil.rmtree(folder, ignore_errors=True)
    write(hostile_package(random.Random(seed)), store)  # noqa: S311
    read_everything(store, target)
    assert {path.name for path in tmp_path.iterdir()} <= {"store", "target"}


@given(data=st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_bytes_that_are_no_manifest_are_refused(data):
    with pytest.raises(DamagedPackageError):
        parse_manifest(data, field="manifest.json", source="store")


@pytest.mark.parametrize(
    ("before", "after", "match"),
    [
        ('"seed":0', '"seed":0,"seed":1', "canonical"),
        ('"settings":{}', '"settings":{"x":NaN}', "NaN is no number"),
        ('"settings":{}', '"settings":{"x":1e999}', "is not JSON|canonical"),
        ('"seed":0', '"seed":' + "9" * 5000, "is not JSON"),
        ('"settings":{}', '"settings":{"x":' + "[" * 5000 + "]" * 5000 + "}", "is not JSON"),
        ('"name":"crossing"', '"name":".."', "name"),
        ('"prefix_hashes":', '"pruned":[],"prefix_hashes":', "canonical"),
        ('"segments":', '"dominated_by":null,"segments":', "canonical"),
        ('"size_bytes":', '"size_bytes":1152921504606846976', "size_bytes"),
    ],
)
def test_a_manifest_that_is_spelled_to_confuse_is_refused_by_what_is_wrong(before, after, match):
    text = GOOD.canonical().decode()
    assert before in text
    with pytest.raises(DamagedPackageError, match=match):
        parse_manifest(text.replace(before, after).encode(), field="manifest.json", source="store")


def test_a_link_out_of_the_store_is_not_followed(tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    write(whole(), tmp_path / "store")
    manifest = tmp_path / "store" / "crossing" / "1" / "manifest.json"
    manifest.unlink()
    manifest.symlink_to(tmp_path / "secret")
    assert read_everything(tmp_path / "store", tmp_path / "target") is None
    assert FolderStore(tmp_path / "target").folders() == []
