"""Ranges of bytes as HTTP has them (RFC 9110, 14): a player asks from some byte on, and gets a piece."""

import re

from mainstream.mpackage.stores.store import Piece

_WANTED = re.compile(r"bytes=(?P<start>\d{1,15})-\d{0,15}")
_GIVEN = re.compile(r"bytes (?P<start>\d{1,15})-\d{1,15}/(?P<total>\d{1,15})")


def range_start(header: str) -> int | None:
    """The first byte that is asked for; None where all of it is. Whoever asks for the last bytes gets all of them."""
    asked = _WANTED.fullmatch(header)
    return None if asked is None else int(asked["start"])


def content_range(start: int, piece: Piece) -> str:
    """Which bytes of how many a piece is."""
    return f"bytes {start}-{start + len(piece.data) - 1}/{piece.total_bytes}"


def total_bytes(header: str, start: int) -> int | None:
    """Of how many bytes a piece from `start` on is; None where it is another one, or nothing says so."""
    given = _GIVEN.fullmatch(header)
    return None if given is None or int(given["start"]) != start else int(given["total"])
