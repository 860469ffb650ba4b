import os
import resource

import pytest

from mainstream.mpackage.stores.store import MissingKeyError, StoreError


def test_what_was_put_is_read_and_listed(store):
    assert store.put("a/1/manifest.json", b"one")
    assert store.put("a/2/manifest.json", b"two")
    assert store.read("a/2/manifest.json", 3) == b"two"
    assert store.keys("a") == ["a/1/manifest.json", "a/2/manifest.json"]
    assert store.keys("b") == []


def test_a_key_is_written_once_unless_replacing(store):
    store.put("key", b"first")
    assert not store.put("key", b"second")
    assert store.read("key", 10) == b"first"
    assert store.put("key", b"second", replace=True)
    assert store.read("key", 10) == b"second"


def test_a_piece_of_a_file_is_read_and_says_how_large_all_of_it_is(store):
    store.put("clip", b"0123456789")
    assert store.read_piece("clip", 0, 4) == (b"0123", 10)
    assert store.read_piece("clip", 8, 4) == (b"89", 10)
    with pytest.raises(MissingKeyError):
        store.read_piece("other", 0, 4)
    with pytest.raises(StoreError, match="10 bytes alone"):
        store.read_piece("clip", 10, 4)


def test_no_hidden_file_is_left_or_listed(store):
    store.put("a/key", b"first")
    store.put("a/key", b"second")
    (store.folder / "a" / ".left-by-a-kill").write_bytes(b"half")
    assert store.keys("a") == ["a/key"]
    assert sorted(path.name for path in (store.folder / "a").iterdir()) == [".left-by-a-kill", "key"]


def test_a_missing_key_is_told_apart(store):
    with pytest.raises(MissingKeyError, match=r"nothing.*does not exist"):
        store.read("nothing", 10)


def test_more_than_expected_is_not_read(store):
    store.put("key", b"0123456789")
    with pytest.raises(StoreError, match="10 bytes, more than the 9"):
        store.read("key", 9)


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../key", "a/../../key", "a//b", ".hidden", "a/.b", "a\0b", "a\n"])
def test_a_key_cannot_lead_out_of_the_store(store, key):
    with pytest.raises(StoreError, match="not a key"):
        store.read(key, 10)
    with pytest.raises(StoreError, match="not a key"):
        store.put(key, b"")


def test_links_are_not_followed(store, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_bytes(b"secret")
    store.put("inside/key", b"")
    (store.folder / "file-link").symlink_to(tmp_path / "secret" / "key")
    (store.folder / "folder-link").symlink_to(tmp_path / "secret")
    with pytest.raises(StoreError):
        store.read("file-link", 10)
    with pytest.raises(StoreError, match="leads out of the store"):
        store.read("folder-link/key", 10)
    with pytest.raises(StoreError, match="leads out of the store"):
        store.put("folder-link/new", b"")


def test_a_pipe_is_not_waited_for(store):
    store.put("key", b"")
    os.mkfifo(store.folder / "pipe")
    with pytest.raises(StoreError, match="is not a file"):
        store.read("pipe", 10)


def test_a_full_disk_is_a_clear_error_and_leaves_nothing(store):
    store.put("a/key", b"")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(StoreError, match=r"other.*cannot be written"):
            store.put("a/other", bytes(2000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in (store.folder / "a").iterdir()] == ["key"]


def test_a_folder_that_cannot_be_made_is_a_clear_error(store):
    store.folder.write_bytes(b"in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        store.put("a/key", b"")
