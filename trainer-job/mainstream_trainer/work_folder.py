"""Where a training keeps what it would not like to do twice: features and finished candidates.

One folder a training job, held by one process at a time, and removed when the packages are published. What a kill
leaves behind is whole or hidden; hidden files are swept when the folder is next used.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mainstream.errors import MainstreamError

_LOCK = "lock"


@contextmanager
def work_folder(parent: Path | None, name: str) -> Iterator[Path]:
    """The folder `name` below `parent`, removed when all went well; without a `parent` a temporary one."""
    if parent is None:
        with TemporaryDirectory(prefix="mainstream-work-") as temporary:
            yield Path(temporary)
        return
    folder = parent / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise MainstreamError(f"cannot be used ({error.strerror}); name another work folder", source=folder) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise MainstreamError("is used by another training; wait for it", source=folder) from error
        for left in folder.rglob(".*"):
            if left.is_file():
                left.unlink()
        try:
            yield folder
        except BaseException:
            if not any(_worth_keeping(folder)):
                _remove(folder)
            raise
        _remove(folder)
    finally:
        os.close(descriptor)


def _worth_keeping(folder: Path) -> Iterator[Path]:
    """What a training that was stopped goes on from."""
    return (each for each in folder.rglob("*") if each.is_file() and each.name != _LOCK and each.name[0] != ".")


def _remove(folder: Path) -> None:
    shutil.rmtree(folder)
    if not any(folder.parent.iterdir()):
        folder.parent.rmdir()
