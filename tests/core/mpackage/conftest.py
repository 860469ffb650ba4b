"""Lets the tests here, and the benchmarks, import the helper modules that stand beside them."""

import sys
from pathlib import Path

import pytest

from mainstream.mpackage.stores.folder_store import FolderStore

sys.path.insert(0, str(Path(__file__).parent))

from s3_server import S3Server, versitygw
from small_package import make_package


@pytest.fixture
def package():
    return make_package()


@pytest.fixture
def other_package():
    """Same name and version, other weights."""
    return make_package(bias=0.25)


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "store")


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    """A running S3 server over an empty folder."""
    folder = tmp_path_factory.mktemp("s3")
    server = S3Server(versitygw(folder), folder)
    server.start()
    yield server
    server.kill()
