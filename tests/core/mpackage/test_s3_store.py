"""An S3 bucket as a store, on a real S3 server (versitygw); skipped where there is none."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from s3_server import KEYS, S3Server

from mainstream.api.store_access import StoreAccess
from mainstream.mpackage.publish import publish
from mainstream.mpackage.reading import package_versions, verify_package
from mainstream.mpackage.stores.s3_client import PATIENT_ATTEMPTS, S3Keys, s3_client
from mainstream.mpackage.stores.s3_store import S3Store
from mainstream.mpackage.stores.store import MissingKeyError, StoreError, StoreRefusedError, StoreUnreachableError

PARTS_BYTES = 40 << 20
"""more than two parts of an upload"""


@pytest.fixture(scope="module")
def endpoint(s3_server: S3Server) -> str:
    return s3_server.endpoint


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


def test_a_piece_of_an_object_is_read_and_says_how_large_all_of_it_is(store: S3Store) -> None:
    store.put("clip", b"0123456789")
    assert store.read_piece("clip", 0, 4) == (b"0123", 10)
    assert store.read_piece("clip", 8, 4) == (b"89", 10)
    with pytest.raises(MissingKeyError):
        store.read_piece("other", 0, 4)
    with pytest.raises(StoreError):
        store.read_piece("clip", 10, 4)


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


def test_a_large_object_travels_in_parts_and_is_never_replaced_either(store: S3Store) -> None:
    data = bytes(range(256)) * (PARTS_BYTES // 256) + b"rest"
    assert store.put("blob", data)
    assert store.size_bytes("blob") == len(data)
    assert store.read("blob", len(data)) == data
    assert not store.put("blob", data[::-1])
    assert store.read("blob", len(data)) == data
    assert store.put("blob", data[::-1], replace=True)
    assert store.read("blob", len(data)) == data[::-1]
    assert unfinished_uploads(store) == []


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


def test_folders_and_sizes_are_told_without_reading(store: S3Store) -> None:
    store.put("crossing/1/manifest.json", b"12345")
    store.put("blobs/x", b"")
    store.put("alone", b"")
    assert store.folders() == ["blobs", "crossing"]
    assert store.size_bytes("crossing/1/manifest.json") == 5
    assert store.size_bytes("crossing/2/manifest.json") is None


def test_a_server_killed_during_an_upload_leaves_no_object_and_the_next_try_succeeds(s3_server: S3Server) -> None:
    store = s3_server.store("killed")
    data = bytes(PARTS_BYTES)
    at_part(store, 2, s3_server.kill)
    with pytest.raises(StoreUnreachableError):
        store.put("blob", data)
    s3_server.start()
    store = s3_server.store("killed")
    assert store.size_bytes("blob") is None
    assert store.keys("blob") == []
    assert store.put("blob", data)
    assert store.read("blob", len(data)) == data


def test_a_server_that_is_back_within_the_pauses_is_not_noticed(s3_server: S3Server) -> None:
    store = s3_server.store("restarted", attempts=PATIENT_ATTEMPTS)

    def restart() -> None:
        s3_server.kill()
        threading.Timer(1.0, s3_server.start).start()

    at_part(store, 2, restart)
    data = bytes(PARTS_BYTES)
    assert store.put("blob", data)
    assert store.read("blob", len(data)) == data


def test_a_package_whose_upload_was_cut_off_does_not_exist_until_it_is_published_again(
    s3_server: S3Server, package
) -> None:
    manifest, blobs = package
    store = s3_server.store("half")
    last = max(blobs)
    put = store.put

    def dying(key: str, data: bytes, *, replace: bool = False) -> bool:
        if key == blob_key_of(last):
            s3_server.kill()
        return put(key, data, replace=replace)

    store.put = dying  # type: ignore[method-assign]
    with pytest.raises(StoreUnreachableError):
        publish(store, manifest, blobs, {})
    s3_server.start()
    store = s3_server.store("half")
    assert package_versions(store, manifest.name) == []
    assert store.keys("blobs") != []
    publish(store, manifest, blobs, {})
    assert package_versions(store, manifest.name) == [manifest.version]
    assert verify_package(store, manifest) == []


def test_an_upload_that_fails_is_aborted(store: S3Store) -> None:
    def fail() -> None:
        raise OSError("gone")

    at_part(store, 2, fail)
    with pytest.raises(StoreUnreachableError):
        store.put("blob", bytes(PARTS_BYTES))
    assert unfinished_uploads(store) == []
    assert store.size_bytes("blob") is None


def test_a_reply_that_breaks_off_is_asked_for_again() -> None:
    with breaking_server(b"content", broken=2) as (url, asked):
        store = S3Store("s3://packages/x", s3_client(StoreAccess(endpoint=url), KEYS, None))
        assert store.read("blob", 10) == b"content"
    assert len(asked) == 3
    with (
        breaking_server(b"content", broken=9) as (url, asked),
        pytest.raises(StoreUnreachableError, match="broke off"),
    ):
        S3Store("s3://packages/x", s3_client(StoreAccess(endpoint=url), KEYS, None)).read("blob", 10)
    assert len(asked) == 3


def at_part(store: S3Store, number: int, act: Callable[[], None]) -> None:
    """Do something just before a part of an upload is sent."""
    client, done = store._client, []

    def before(params: dict[str, object], **_: object) -> None:
        if params["PartNumber"] == number and not done:
            done.append(number)
            act()

    client.meta.events.register("before-parameter-build.s3.UploadPart", before)


def unfinished_uploads(store: S3Store) -> list[object]:
    found = store._client.list_multipart_uploads(Bucket=store._bucket, Prefix=store._prefix)
    return list(found.get("Uploads", []))


def blob_key_of(sha256: str) -> str:
    return f"blobs/{sha256}"


@contextmanager
def breaking_server(content: bytes, broken: int) -> Iterator[tuple[str, list[int]]]:
    """Announces all of `content`; the first answers end in the middle of it."""
    asked: list[int] = []

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                asked.append(1)
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode()
                connection.sendall(head + (content[:3] if len(asked) <= broken else content))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
