"""Files from the web, each kept under the sha256 that it must have, so that the next run finds it.

Bounded in size and time, tried again with longer and longer pauses, and never used before its sha256 was checked.
"""

import hashlib
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit
from uuid import uuid4

from mainstream.errors import InvalidInputError, MainstreamError

MAX_BYTES = 4 << 30
_CHUNK_BYTES = 1 << 20
_SILENCE_S = 30.0
_DOWNLOAD_S = 3600.0
_ATTEMPTS = 4
_FIRST_PAUSE_S = 1.0
_SERVER_ERROR = 500


class DownloadError(MainstreamError):
    """A file could not be downloaded."""


def download(url: str, sha256: str, folder: Path, *, pause: Callable[[float], None] = time.sleep) -> Path:
    """The file at an http or https URL, as `folder/sha256`; from there where it is there and whole.

    Raises `InvalidInputError` where its sha256 is another, `DownloadError` where it can't be had.
    """
    path = folder / sha256
    if path.is_file() and sha256_of(path) == sha256:
        return path
    hidden = folder / f".{uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            _fetch(url, hidden, pause)
            check_sha256(sha256_of(hidden), sha256, _shown(url))
            hidden.replace(path)
        finally:
            hidden.unlink(missing_ok=True)
    except OSError as error:
        raise DownloadError(f"cannot be written ({error.strerror}); free some space", source=folder) from error
    return path


def cache_folder(what: str) -> Path:
    """Where downloads of one kind are kept on this machine."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mainstream" / what


def sha256_of(path: Path) -> str:
    """Of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sha256(found: str, wanted: str, source: object) -> None:
    """`InvalidInputError` that names both where they differ."""
    if found != wanted.lower():
        raise InvalidInputError(
            f"has sha256 {found}, not {wanted.lower()}: it is another file than the one meant; check where it comes "
            f"from, and the sha256 that was given",
            source=source,
        )


def _fetch(url: str, path: Path, pause: Callable[[float], None]) -> None:
    """Write what the URL answers; again where the server or the network may be better next time."""
    for attempt in range(_ATTEMPTS):
        if attempt:
            pause(_FIRST_PAUSE_S * 2.0 ** (attempt - 1))
        try:
            with path.open("wb") as file:
                _fetch_once(url, file)
        except urllib.error.HTTPError as error:
            if error.code < _SERVER_ERROR or attempt + 1 == _ATTEMPTS:
                raise DownloadError(f"answers {error.code} {error.reason}", source=_shown(url)) from None
        except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError, _CutShortError) as error:
            if attempt + 1 == _ATTEMPTS:
                reason = getattr(error, "reason", None) or str(error) or type(error).__name__
                raise DownloadError(
                    f"can't be downloaded ({reason}), {_ATTEMPTS} times; check the URL and the network",
                    source=_shown(url),
                ) from None
        else:
            return


def _fetch_once(url: str, file: BinaryIO) -> None:
    deadline_s = time.monotonic() + _DOWNLOAD_S
    with urllib.request.urlopen(url, timeout=_SILENCE_S) as answer:  # noqa: S310 - http and https alone get here
        announced = answer.headers.get("Content-Length")
        size_bytes = 0
        while chunk := answer.read(_CHUNK_BYTES):
            size_bytes += len(chunk)
            if size_bytes > MAX_BYTES:
                raise DownloadError(f"has more than {MAX_BYTES} bytes", source=_shown(url))
            if time.monotonic() > deadline_s:
                raise DownloadError(f"was not there whole after {_DOWNLOAD_S:g} s", source=_shown(url))
            file.write(chunk)
        if announced is not None and announced.isdigit() and int(announced) != size_bytes:
            raise _CutShortError(f"{size_bytes} of {announced} bytes came")


class _CutShortError(Exception):
    """The connection ended before the file did."""


def _shown(url: str) -> str:
    """The URL without what may be secret in it: user, password, signature."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
