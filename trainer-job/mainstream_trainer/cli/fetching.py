"""Training data from S3: what an address names, as files of a folder.

Objects are what tools upload and people name: markers of folders are no files, systems' own files stay where they are,
and a name is the same here as there.
"""

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Protocol

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream_trainer.data.left_out import say_left_out
from mainstream_trainer.data.picture_folders import is_leftover


class Bucket(Protocol):
    """Objects below an address, named by whoever uploaded them; `S3Store` is one."""

    def objects(self, folder: str) -> list[str]:
        """Names of all objects below a folder, sorted; without markers of folders."""
        ...

    def read_object(self, name: str, max_bytes: int) -> bytes:
        """What an object holds; `StoreError` where it is larger."""
        ...


OpenBucket = Callable[[str], Bucket]
"""by its address, s3://bucket"""
MAX_VIDEO_BYTES = 2 << 30
MAX_FILE_BYTES = 64 << 20
_MAX_FILES = 200_000


def is_remote(address: str) -> bool:
    """Whether an address is in S3."""
    return address.startswith("s3://")


def fetch_file(address: str, folder: Path, open_bucket: OpenBucket, max_bytes: int = MAX_FILE_BYTES) -> Path:
    """The object `s3://bucket/key` as a file below `folder`."""
    bucket, name = _split(address, "name an object of the bucket, as in s3://bucket/clip.mp4")
    data = open_bucket(bucket).read_object(name, max_bytes)
    return _write(folder / PurePosixPath(name).name, data)


def fetch_folder(address: str, folder: Path, open_bucket: OpenBucket, max_bytes: int = MAX_FILE_BYTES) -> Path:
    """Everything below `s3://bucket/prefix` as a folder below `folder`, which keeps the prefix's last name.

    None of it may be larger than `max_bytes`.
    """
    address_of_bucket, name = _split(address.rstrip("/"), "name a folder of the bucket, as in s3://bucket/folder")
    bucket = open_bucket(address_of_bucket)
    found = {each: PurePosixPath(each).relative_to(name) for each in bucket.objects(name)}
    folders = {parent for path in found.values() for parent in path.parents}
    # Some tools mark a folder by an object of its name, without the slash.
    objects = {
        each: path
        for each, path in found.items()
        if path not in folders and not any(is_leftover(part) for part in path.parts)
    }
    left = sorted(str(path) for each, path in found.items() if each not in objects)
    say_left_out(address, "left where it is what is no data", left)
    if not objects:
        raise InvalidInputError("there is nothing below it", field=address)
    if len(objects) > _MAX_FILES:
        raise InvalidInputError(f"holds more than {_MAX_FILES} files", field=address)
    target = folder / PurePosixPath(name).name
    for each, path in objects.items():
        _write(target / path, bucket.read_object(each, max_bytes))
    return target


def _split(address: str, way_out: str) -> tuple[str, str]:
    """The bucket's own address, and the name of what is meant in it."""
    bucket, _, name = address.removeprefix("s3://").partition("/")
    if not bucket or not name:
        raise InvalidInputError(way_out, field=address)
    return f"s3://{bucket}", name


def _write(path: Path, data: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise MainstreamError(f"no room for training data ({error.strerror})", source=path.parent) from error
    return path
