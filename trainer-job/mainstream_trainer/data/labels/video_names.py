"""Which clip an export of Label Studio means by the name or address of a video."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

_LEFT_OUT = re.compile(r"[^-\w.]")
"""by Django's `get_valid_filename`, which names uploads, after it made spaces underscores"""


def clip_of(video: str, clips: Iterable[str]) -> str | None:
    """The file name among `clips` that a name or address is of; None where it is of none of them.

    Label Studio puts a prefix and a hyphen in front of an upload's name, so of several the longest is meant.
    """
    name = _valid(_file_name(video))
    found = [clip for clip in clips if name == _valid(clip) or name.endswith(f"-{_valid(clip)}")]
    return max(found, key=len, default=None)


def _file_name(video: str) -> str:
    """Of a path, of a URL with or without a signature, or of local storage (`/data/local-files/?d=FOLDER/NAME`)."""
    parts = urlsplit(video)
    if parts.path.endswith("/") and (local := parse_qs(parts.query).get("d")):
        return PurePosixPath(local[0]).name
    return PurePosixPath(unquote(parts.path if parts.scheme or parts.query else video)).name


def _valid(name: str) -> str:
    return _LEFT_OUT.sub("", name.strip().replace(" ", "_"))
