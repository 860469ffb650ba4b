"""Pixels on their way to the engine lie in memory that feeder and worker both see; a message only says where.

Copied through sockets and the JVM, a frame of 224 x 224 pixels costs more than scaling it. The memory is an anonymous
file of the feeder's: nothing of it is left when the feeder is gone, and it needs no folder that can be written to.
"""

import mmap
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, NonNegativeInt, with_config

from mainstream.errors import InvalidInputError

_NAME = "mainstream-pixels"
_FIRST_BYTES = 1 << 20
_CLOSED = -1
_NONE = np.empty(0, np.uint8)
MAX_PIXEL_BYTES = 64 << 20
"""of one message: say, 64 frames of 500 x 600 pixels"""
REQUESTS_IN_FLIGHT = 2
"""of one feeder, each with memory of its own: one that is scored, and one that waits behind it"""


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True)
class PixelPlace:
    """Where the pixels of one message lie."""

    process: NonNegativeInt
    file: NonNegativeInt
    """its number in that process"""
    inode: NonNegativeInt
    """which file that is: numbers are given again"""
    size_bytes: NonNegativeInt


class PixelWriter:
    """Belongs to one connection: what was written stands until the next message is written."""

    def __init__(self) -> None:
        self._file = os.memfd_create(_NAME)
        self._process, self._inode = os.getpid(), os.fstat(self._file).st_ino
        self._map = self._grown(_FIRST_BYTES)
        self._bytes = np.frombuffer(self._map, np.uint8)

    def write(self, pictures: Sequence[NDArray[np.uint8]]) -> PixelPlace:
        """Lay pictures one after the other; where they are, for `PixelReader.read`."""
        size = sum(picture.nbytes for picture in pictures)
        if size > MAX_PIXEL_BYTES:
            raise InvalidInputError(f"{size} bytes of pixels are more than {MAX_PIXEL_BYTES} in one message")
        if size > len(self._map):
            self._unmap()
            self._map = self._grown(size)
            self._bytes = np.frombuffer(self._map, np.uint8)
        at = 0
        for picture in pictures:
            end = at + picture.nbytes
            self._bytes[at:end].reshape(picture.shape)[:] = picture
            at = end
        return PixelPlace(self._process, self._file, self._inode, size)

    def close(self) -> None:
        """Let go of the memory; harmless twice, though a number of a file that is closed soon names somebody else's."""
        self._unmap()
        file, self._file = self._file, _CLOSED
        if file != _CLOSED:
            os.close(file)

    def _unmap(self) -> None:
        self._bytes = _NONE  # a map that an array looks at cannot be closed
        self._map.close()

    def _grown(self, size_bytes: int) -> mmap.mmap:
        os.ftruncate(self._file, size_bytes)
        return mmap.mmap(self._file, size_bytes)


class PixelReader:
    """Sees what writers wrote; keeps the memory of as many mapped as write at once."""

    def __init__(self) -> None:
        self._maps: dict[tuple[int, int, int], mmap.mmap] = {}
        """by process, file and inode, which is nobody else's as long as it is mapped"""

    def read(self, place: PixelPlace) -> memoryview:
        """The pixels, uncopied; raises `InvalidInputError` where there are none of a feeder's."""
        seen = (place.process, place.file, place.inode)
        # Put back behind the others: whichever was not read for longest is let go.
        pixels = self._maps.pop(seen, None)
        if pixels is None or place.size_bytes > len(pixels):
            pixels = _mapped(place)
        self._maps[seen] = pixels
        while len(self._maps) > REQUESTS_IN_FLIGHT:
            del self._maps[next(iter(self._maps))]
        return memoryview(pixels)[: place.size_bytes]


def _mapped(place: PixelPlace) -> mmap.mmap:
    path = Path(f"/proc/{place.process}/fd/{place.file}")
    try:
        if not str(path.readlink()).startswith(f"/memfd:{_NAME}"):
            raise InvalidInputError("is not a feeder's memory", source=path)
        with path.open("r+b") as file:
            status = os.fstat(file.fileno())
            if status.st_ino != place.inode:
                raise InvalidInputError("is another feeder's memory", source=path)
            if place.size_bytes > status.st_size:
                raise InvalidInputError("announces more pixels than there are", field="pixels")
            return mmap.mmap(file.fileno(), status.st_size)
    except OSError as error:
        raise InvalidInputError(f"pixels cannot be read ({error.strerror})", source=path) from error
