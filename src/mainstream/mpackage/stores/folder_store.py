"""A folder as a store: the form that packages have on a laptop and on a node's disk."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO
from uuid import uuid4

from mainstream.mpackage.stores.store import MissingKeyError, Piece, StoreError, check_key, is_key


class FolderStore:
    """Keys as files below `folder`, made when first written to.

    A write goes to a hidden file beside its goal, reaches the disk, and only then gets its name; what a kill leaves
    behind is hidden and never a key. Symbolic links are not followed: none of ours is one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __str__(self) -> str:
        return str(self.folder)

    def read(self, key: str, max_bytes: int) -> bytes:
        """See `Store.read`."""
        with self._opened(key) as (file, size_bytes):
            if size_bytes > max_bytes:
                raise StoreError(f"has {size_bytes} bytes, more than the {max_bytes} expected", source=self._path(key))
            return file.read(max_bytes)

    def read_piece(self, key: str, start: int, most_bytes: int) -> Piece:
        """See `Store.read_piece`."""
        with self._opened(key) as (file, size_bytes):
            if start >= size_bytes:
                raise StoreError(f"has {size_bytes} bytes alone", source=self._path(key))
            file.seek(start)
            return Piece(file.read(most_bytes), size_bytes)

    @contextmanager
    def _opened(self, key: str) -> Iterator[tuple[BinaryIO, int]]:
        """A file, and how large it is."""
        path = self._path(key)
        try:
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode):
                    raise StoreError("is not a file", source=path)
                yield file, found.st_size
        except (FileNotFoundError, NotADirectoryError) as error:
            raise MissingKeyError("does not exist", source=path) from error
        except OSError as error:
            raise StoreError(f"cannot be read ({error.strerror})", source=path) from error

    def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
        """See `Store.put`."""
        path = self._path(key)
        hidden = path.with_name(f".{uuid4().hex}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and not replace:
                return False
            try:
                with hidden.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                if replace:
                    hidden.replace(path)
                else:
                    path.hardlink_to(hidden)
            finally:
                hidden.unlink(missing_ok=True)
            _sync_folder(path.parent)
        except FileExistsError:
            return False
        except OSError as error:
            raise StoreError(f"cannot be written ({error.strerror})", source=path) from error
        return True

    def keys(self, prefix: str) -> list[str]:
        """See `Store.keys`."""
        start = self._path(prefix)
        return sorted(
            path.relative_to(self.folder).as_posix()
            for path in start.rglob("*")
            if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
        )

    def each_key(self, prefix: str) -> Iterator[str]:
        """See `Store.each_key`."""
        yield from self.keys(prefix)

    def folders(self) -> list[str]:
        """See `Store.folders`."""
        try:
            entries = sorted(entry.name for entry in os.scandir(self.folder) if entry.is_dir(follow_symlinks=False))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"cannot be read ({error.strerror})", source=self.folder) from error
        return [name for name in entries if is_key(name)]

    def check_writable(self) -> None:
        """See `Store.check_writable`: a file is made for a moment, in the folder or where it would be made."""
        there = next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())
        try:
            with TemporaryFile(dir=there):
                pass
        except OSError as error:
            raise StoreError(f"cannot be written ({error.strerror})", source=self.folder) from error

    def size_bytes(self, key: str) -> int | None:
        """See `Store.size_bytes`."""
        try:
            found = self._path(key).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreError(f"cannot be read ({error.strerror})", field=key, source=self.folder) from error
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def _path(self, key: str) -> Path:
        path = self.folder / check_key(key)
        # A folder inside the store that links elsewhere would lead out of it.
        if not path.parent.resolve().is_relative_to(self.folder.resolve()):
            raise StoreError("leads out of the store", source=path)
        return path


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
