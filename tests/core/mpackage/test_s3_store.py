"""An S3 bucket as a store, on a real S3 server (versitygw); skipped where there is none."""

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstream.api.video_app import StoreAccess
from mainstream.mpackage.s3_store import S3Keys, S3Store, s3_client
from mainstream.mpackage.store import MissingKeyError, StoreError, StoreRefusedError, StoreUnreachableError

KEYS = S3Keys("key-of-a-test", "word-of-a-test")
SHARED = Path(os.environ.get("MAINSTREAM_TEST_SHARED", Path(__file__).parents[4] / "shared"))


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over an empty folder."""
    folder = tmp_path_factory.mktemp("s3")
    (folder / "objects").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [_versitygw(folder), "--port", f"127.0.0.1:{port}", "posix", folder / "objects"],
        env={**os.environ, "ROOT_ACCESS_KEY": KEYS.access_key_id, "ROOT_SECRET_KEY": KEYS.secret_access_key},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline_s = time.monotonic() + 20
    while not _made(f"http://127.0.0.1:{port}"):
        assert time.monotonic() < deadline_s, "no S3 server within 20 s"
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(10)


@pytest.fixture
def store(endpoint: str, request: pytest.FixtureRequest) -> S3Store:
    """A prefix that no other test has."""
    return S3Store(f"s3://packages/{request.node.name}", s3_client(StoreAccess(endpoint=endpoint), KEYS, None))


def test_what_was_put_is_read_and_listed_in_order(store: S3Store) -> None:
    assert store.put("b/2", b"two")
    assert store.put("b/1", b"one")
    assert store.read("b/1", 10) == b"one"
    assert store.keys("b") == ["b/1", "b/2"]
    assert store.keys("a") == []


def test_an_object_is_never_replaced_unless_that_is_asked_for(store: S3Store) -> None:
    assert store.put("manifest.json", b"first")
    assert not store.put("manifest.json", b"second")
    assert store.read("manifest.json", 10) == b"first"
    assert store.put("manifest.json", b"third", replace=True)
    assert store.read("manifest.json", 10) == b"third"


def test_an_object_that_is_missing_or_too_large_is_an_error(store: S3Store) -> None:
    store.put("blob", b"12345")
    with pytest.raises(MissingKeyError):
        store.read("other", 10)
    with pytest.raises(StoreError, match="more than the 4 expected"):
        store.read("blob", 4)
    with pytest.raises(StoreError, match="not a key"):
        store.read("../blob", 10)


def test_a_signed_url_reads_one_object_without_keys(store: S3Store) -> None:
    store.put("blob", b"weights")
    url = store.signed_url("blob", 60)
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - made here
        assert answer.read() == b"weights"
    assert KEYS.secret_access_key not in url


def test_keys_that_are_refused_say_so_without_telling_them(endpoint: str) -> None:
    wrong = S3Keys(KEYS.access_key_id, "another-word-of-a-test")
    store = S3Store("s3://packages/x", s3_client(StoreAccess(endpoint=endpoint), wrong, None))
    with pytest.raises(StoreRefusedError) as refused:
        store.read("blob", 10)
    assert wrong.secret_access_key not in str(refused.value)
    assert wrong.secret_access_key not in repr(wrong)


def test_a_bucket_that_is_not_there_is_named(endpoint: str) -> None:
    store = S3Store("s3://nowhere/x", s3_client(StoreAccess(endpoint=endpoint), KEYS, None))
    with pytest.raises(StoreError, match="no such bucket"):
        store.read("blob", 10)


def test_a_store_that_does_not_answer_is_worth_another_try() -> None:
    store = S3Store("s3://packages/x", s3_client(StoreAccess(endpoint="http://127.0.0.1:9"), KEYS, None))
    with pytest.raises(StoreUnreachableError, match=r"check store\.endpoint"):
        store.read("blob", 10)


def _versitygw(folder: Path) -> str:
    named = os.environ.get("MAINSTREAM_TEST_VERSITYGW") or shutil.which("versitygw")
    if named:
        return named
    packed, unpack = SHARED / "bin" / "versitygw.xz", shutil.which("xz")
    if not packed.exists() or unpack is None:
        pytest.skip("no S3 server: put versitygw on PATH or name it in MAINSTREAM_TEST_VERSITYGW")
    program = folder / "versitygw"
    with program.open("wb") as file:
        subprocess.run([unpack, "-dc", packed], stdout=file, check=True)
    program.chmod(0o755)
    return str(program)


def _made(endpoint: str) -> bool:
    try:
        s3_client(StoreAccess(endpoint=endpoint), KEYS, None).create_bucket(Bucket="packages")
    except Exception:
        return False
    return True


def test_a_signed_upload_writes_one_object_of_that_size_alone(store: S3Store) -> None:
    url = store.signed_upload("clips/event.mp4", 4, 60)
    assert _put(url, b"longer than four") >= 400
    assert _put(url.replace("event.mp4", "other.mp4"), b"four") >= 400
    assert _put(url, b"four") == 200
    assert store.read("clips/event.mp4", 100) == b"four"


def _put(url: str, data: bytes) -> int:
    request = urllib.request.Request(url, data=data, method="PUT")  # noqa: S310 - http is meant
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
