"""Training data from S3: what an address names, as files of a folder."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.mpackage.store import Store

OpenStore = Callable[[str], Store]
"""a store by its address"""
MAX_VIDEO_BYTES = 2 << 30
MAX_FILE_BYTES = 64 << 20
_MAX_FILES = 200_000


def is_remote(address: str) -> bool:
    """Whether an address is in S3."""
    return address.startswith("s3://")


def fetch_file(address: str, folder: Path, open_store: OpenStore, max_bytes: int = MAX_FILE_BYTES) -> Path:
    """The object `s3://bucket/key` as a file below `folder`."""
    bucket, _, name = address.rpartition("/")
    data = open_store(bucket).read(name, max_bytes)
    return _write(folder / name, data)


def fetch_folder(address: str, folder: Path, open_store: OpenStore) -> Path:
    """Everything below `s3://bucket/prefix` as a folder below `folder`, which keeps the prefix's last name."""
    above, _, name = address.rstrip("/").rpartition("/")
    if not above.startswith("s3://"):
        raise InvalidInputError("name a folder of the bucket, as in s3://bucket/folder", field=address)
    store = open_store(above)
    keys = store.keys(name)
    if not keys:
        raise InvalidInputError("there is nothing below it", field=address)
    if len(keys) > _MAX_FILES:
        raise InvalidInputError(f"holds more than {_MAX_FILES} files", field=address)
    for key in keys:
        _write(folder / PurePosixPath(key), store.read(key, MAX_FILE_BYTES))
    return folder / name


def _write(path: Path, data: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise MainstreamError(f"no room for training data ({error.strerror})", source=path.parent) from error
    return path
