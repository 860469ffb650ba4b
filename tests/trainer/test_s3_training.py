"""Training from S3 to S3 on a real server (versitygw), and what happens when it fails half way."""

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from mainstream.api.store_access import StoreAccess
from mainstream.errors import MainstreamError
from mainstream.mpackage.reading import package_versions
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.mpackage.stores.s3_client import S3Keys, s3_client
from mainstream.mpackage.stores.s3_store import S3Store
from mainstream.mpackage.stores.store import StoreRefusedError, StoreUnreachableError
from mainstream_trainer.app_training import Share
from mainstream_trainer.cli.fetching import fetch_file, fetch_folder
from mainstream_trainer.training import Resources, train_app, train_apps

KEYS = S3Keys("key-of-a-test", "word-of-a-test")
SHARED = Path(os.environ.get("MAINSTREAM_TEST_SHARED", Path(__file__).parents[3] / "shared"))


def versitygw(folder):
    named = os.environ.get("MAINSTREAM_TEST_VERSITYGW") or shutil.which("versitygw")
    packed = SHARED / "bin" / "versitygw.xz"
    if named:
        return named
    if not packed.exists():
        pytest.skip("no S3 server: install versitygw, or name it in MAINSTREAM_TEST_VERSITYGW")
    target = folder / "versitygw"
    with target.open("wb") as file:
        subprocess.run(["xz", "-dc", packed], stdout=file, check=True)
    target.chmod(0o755)
    return target


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A client of a server with the buckets `media` and `packages`."""
    folder = tmp_path_factory.mktemp("s3")
    for bucket in ("media", "packages"):
        (folder / "objects" / bucket).mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [versitygw(folder), "--port", f"127.0.0.1:{port}", "posix", folder / "objects"],
        env={**os.environ, "ROOT_ACCESS_KEY": KEYS.access_key_id, "ROOT_SECRET_KEY": KEYS.secret_access_key},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline_s = time.monotonic() + 20
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=1)
        except urllib.error.HTTPError:
            break
        except OSError:
            assert time.monotonic() < deadline_s, "no S3 server within 20 s"
            time.sleep(0.1)
    yield s3_client(StoreAccess(endpoint=f"http://127.0.0.1:{port}"), KEYS, None)
    server.terminate()
    server.wait(10)


def test_data_comes_from_s3_as_files_and_folders(client, tmp_path, quick_request):
    media = S3Store("s3://media/plaza", client)
    media.put("labels.json", quick_request.data.labels.read_bytes())
    media.put("signs/a/1.png", b"one")
    media.put("signs/b/2.png", b"two")
    found = fetch_file("s3://media/plaza/labels.json", tmp_path, lambda url: S3Store(url, client))
    assert found.read_bytes() == quick_request.data.labels.read_bytes()
    folder = fetch_folder("s3://media/plaza/signs", tmp_path, lambda url: S3Store(url, client))
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png")) == ["a/1.png", "b/2.png"]


def test_what_tools_leave_in_a_bucket_is_no_data_and_names_are_those_on_disk(client, tmp_path, caplog):
    objects = {
        "Straßen bilder/Halt! ü/Bild 1 ä (1).PNG": b"one",
        "Straßen bilder/赤 信号/2.png": b"two",
        "Straßen bilder/marked/": b"",
        "Straßen bilder/.DS_Store": b"x",
        "Straßen bilder/赤 信号/._2.png": b"x",
        "Straßen bilder/blau_$folder$": b"",
    }
    for name, content in objects.items():
        client.put_object(Bucket="media", Key=name, Body=content)
    folder = fetch_folder("s3://media/Straßen bilder/", tmp_path, lambda url: S3Store(url, client))
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == {"Halt! ü/Bild 1 ä (1).PNG": b"one", "赤 信号/2.png": b"two"}
    assert "left where it is what is no data: 3 (.DS_Store, blau_$folder$, " in caplog.text
    file = fetch_file("s3://media/Straßen bilder/赤 信号/2.png", tmp_path, lambda url: S3Store(url, client))
    assert (file.name, file.read_bytes()) == ("2.png", b"two")


def test_a_store_that_may_be_read_but_not_written_is_said_before_anything_is_trained(client, quick_request):
    class ReadOnly:
        """What a bucket policy without s3:PutObject answers to whatever writes."""

        def __getattr__(self, name):
            if name in ("put_object", "create_multipart_upload"):
                return self.refuse
            return getattr(client, name)

        def refuse(self, **_):
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")

    told = []
    with pytest.raises(StoreRefusedError, match="refuses these keys"):
        train_app(quick_request, S3Store("s3://packages/read-only", ReadOnly()), on_progress=told.append)
    assert told == []


def test_asking_whether_a_store_can_be_written_leaves_nothing_behind(client):
    store = S3Store("s3://packages/asked", client)
    store.check_writable()
    assert client.list_objects_v2(Bucket="packages", Prefix="asked").get("Contents", []) == []
    assert client.list_multipart_uploads(Bucket="packages").get("Uploads", []) == []


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("s3://media/plaza/none.mp4", "does not exist"),
        ("s3://no-such-bucket/plaza.mp4", "bucket"),
    ],
)
def test_a_wrong_key_or_bucket_is_said(client, tmp_path, address, sentence):
    with pytest.raises(MainstreamError, match=sentence):
        fetch_file(address, tmp_path, lambda url: S3Store(url, client))


def test_a_wrong_bucket_to_publish_in_is_said(client, quick_request):
    with pytest.raises(MainstreamError, match="no-such-bucket"):
        train_app(quick_request, S3Store("s3://no-such-bucket/plaza", client))


def test_pods_that_share_checkpoints_make_the_package_of_one(client, quick_request, tmp_path):
    request = replace(quick_request, settings=quick_request.settings.model_copy(update={"groups": 2}))
    store, checkpoints = S3Store("s3://packages/shared", client), S3Store("s3://packages/shared/work", client)
    for index in (1, 0):
        resources = Resources(checkpoints=checkpoints, share=Share(index))
        assert train_apps([request], store, resources=resources) == []
        assert package_versions(store, "door") == []
    packed = train_app(request, store, resources=Resources(checkpoints=checkpoints, share=Share(2)))
    assert packed.digest == train_app(request, FolderStore(tmp_path)).digest


class FailingStore:
    """A store that answers no more after so many writes."""

    def __init__(self, store, writes):
        self._store, self._left = store, writes

    def __getattr__(self, name):
        return getattr(self._store, name)

    def put(self, key, data, *, replace=False):
        if self._left == 0:
            raise StoreUnreachableError("does not answer", source=self._store)
        self._left -= 1
        return self._store.put(key, data, replace=replace)


@pytest.mark.parametrize("writes", [0, 4])
def test_s3_that_fails_half_way_leaves_no_package_and_nothing_to_train_again(client, quick_request, tmp_path, writes):
    store = S3Store(f"s3://packages/failing-{writes}", client)
    work = tmp_path / "work"
    with pytest.raises(StoreUnreachableError):
        train_app(quick_request, FailingStore(store, writes), resources=Resources(work=work))
    assert package_versions(store, "door") == []
    told = []
    manifest = train_app(quick_request, store, resources=Resources(work=work), on_progress=told.append)
    assert package_versions(store, "door") == ["1"]
    assert b'"resumed": true' in store.read(f"{manifest.name}/1/record.json", 1 << 20)
