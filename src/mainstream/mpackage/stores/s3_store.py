"""An S3 bucket, or a prefix of one, as a store: any endpoint that speaks S3, reached as its owner says.

Publishing is atomic: an object appears whole, and where it must not replace another one the store itself checks
(`If-None-Match: *`). Large objects travel in parts, each checked by the store against its MD5; an upload that was cut
off is never an object. Every wait has a time-out, failures that may pass are tried again with longer and longer pauses,
and what fails is said without keys or signatures.
"""

import base64
import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from copy import copy
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from mainstream.errors import InvalidInputError
from mainstream.hosts.bounded_reading import always, read_bounded
from mainstream.mpackage.stores.ranges import total_bytes
from mainstream.mpackage.stores.s3_errors import BrokenOffError, ExistsError, telling
from mainstream.mpackage.stores.store import (
    MissingKeyError,
    Piece,
    StoreError,
    StoreUnreachableError,
    check_key,
    check_object_name,
    is_key,
)

_READ_ATTEMPTS = 3
"""of an object whose connection breaks while it comes"""
_FIRST_PAUSE_S = 0.5
_PART_BYTES = 16 << 20
"""of an upload; what is not larger travels at once"""
_PROBE = "write-test"
_SLOW_S = 10.0
_SLOWEST_BYTES_PER_S = 50_000.0
"""an object that comes slower than this is not waited for"""
_NAMES_AT_ONCE = 500
_PAGE_BYTES = 1000
_LISTING_S = 60.0
_MOST_NAMES_BYTES = 16 << 20
"""of all names in one list: a store that gives more, or takes longer, is not waited for"""
_URL = re.compile(r"s3://(?P<bucket>[a-z0-9][-a-z0-9.]{1,61}[a-z0-9])(?:/(?P<prefix>[^@?#]*?))?/?")


class S3Store:
    """Keys as objects below `s3://bucket/prefix`."""

    def __init__(self, url: str, client: Any) -> None:
        match = _URL.fullmatch(url)
        if match is None:
            raise InvalidInputError(
                f"{url!r} is not s3://bucket/prefix, with a bucket of 3 to 63 letters, digits, - and .",
                field="reference",
            )
        self._bucket = match["bucket"]
        # A store over folders would follow `..` out of what the keys of whoever wrote it are for.
        self._prefix = f"{check_key(match['prefix'])}/" if match["prefix"] else ""
        self._client = client
        self._wanted: Callable[[], bool] = always

    def while_wanted(self, wanted: Callable[[], bool]) -> "S3Store":
        """The same store for one reader, who gives up with `StoreUnreachableError` once nobody wants what is read."""
        store = copy(self)
        store._wanted = wanted
        return store

    def __str__(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def read(self, key: str, max_bytes: int) -> bytes:
        """See `Store.read`."""
        return self._read_patiently(self._object(key), key, max_bytes)

    def read_object(self, name: str, max_bytes: int) -> bytes:
        """As `read`, of an object that is not of our making: its name may hold spaces and any script."""
        return self._read_patiently(f"{self._prefix}{check_object_name(name)}", name, max_bytes)

    def objects(self, folder: str) -> list[str]:
        """Names of all objects below a folder that is not of our making, sorted; without markers of folders."""
        return [name for name in self._listed(f"{check_object_name(folder)}/") if not name.endswith("/")]

    def all_keys(self) -> list[str]:
        """Of whatever lies below the prefix, sorted."""
        return self._listed("")

    def remove(self, keys: Iterable[str]) -> None:
        """Remove objects for good, but for versions that the bucket keeps; one that is gone already is no error."""
        for key in keys:
            with self._telling(key):
                self._client.delete_object(Bucket=self._bucket, Key=self._object(key))

    def check_writable(self) -> None:
        """See `Store.check_writable`: an upload in parts is begun, which needs the right to write, and given up."""
        target = {"Bucket": self._bucket, "Key": f"{self._prefix}{_PROBE}"}
        with self._telling(_PROBE):
            upload = self._client.create_multipart_upload(**target)["UploadId"]
            with suppress(BotoCoreError, ClientError, HTTPError, OSError):
                self._client.abort_multipart_upload(**target, UploadId=upload)

    def _read_patiently(self, target: str, key: str, max_bytes: int) -> bytes:
        for attempt in range(1, _READ_ATTEMPTS):
            try:
                return self._read(target, key, max_bytes)
            except BrokenOffError:
                if not self._wanted():
                    raise
                time.sleep(_FIRST_PAUSE_S * 2.0 ** (attempt - 1))
        return self._read(target, key, max_bytes)

    def _read(self, target: str, key: str, max_bytes: int) -> bytes:
        with self._telling(key):
            answer = self._client.get_object(Bucket=self._bucket, Key=target)
            with answer["Body"] as reply:  # urllib3's: botocore's own waits for as much as it asks for
                announced = answer.get("ContentLength", 0)
                if announced > max_bytes:
                    raise StoreError(
                        f"has {announced} bytes, more than the {max_bytes} expected", field=key, source=self
                    )
                # Bounded whatever was announced.
                data = read_bounded(reply, max_bytes, _SLOW_S + announced / _SLOWEST_BYTES_PER_S, self._wanted)
        if len(data) > max_bytes:
            raise StoreError(f"has more than the {max_bytes} bytes expected", field=key, source=self)
        if len(data) < announced:
            raise BrokenOffError(f"broke off after {len(data)} of {announced} bytes", field=key, source=self)
        return data

    def read_piece(self, key: str, start: int, most_bytes: int) -> Piece:
        """See `Store.read_piece`."""
        wanted = f"bytes={start}-{start + most_bytes - 1}"
        with self._telling(key):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._object(key), Range=wanted)
            with answer["Body"] as reply:
                data = read_bounded(reply, most_bytes, _SLOW_S + most_bytes / _SLOWEST_BYTES_PER_S, self._wanted)
        total = total_bytes(str(answer.get("ContentRange", "")), start)
        if total is None or len(data) > most_bytes:
            raise StoreError("gives no pieces of objects", field=key, source=self)
        return Piece(data, total)

    def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
        """See `Store.put`."""
        condition = {} if replace else {"IfNoneMatch": "*"}
        target = {"Bucket": self._bucket, "Key": self._object(key)}
        try:
            with self._telling(key):
                if len(data) > _PART_BYTES:
                    self._put_in_parts(target, data, condition)
                else:
                    self._client.put_object(**target, Body=data, ContentMD5=_md5(data), **condition)
        except ExistsError:
            return False
        if len(data) > _PART_BYTES and self.size_bytes(key) != len(data):
            raise StoreError("has another size than what was uploaded; publish again", field=key, source=self)
        return True

    def _put_in_parts(self, target: dict[str, str], data: bytes, condition: dict[str, str]) -> None:
        upload = {**target, "UploadId": self._client.create_multipart_upload(**target)["UploadId"]}
        parts = []
        try:
            for number, start in enumerate(range(0, len(data), _PART_BYTES), start=1):
                part = data[start : start + _PART_BYTES]
                put = self._client.upload_part(**upload, PartNumber=number, Body=part, ContentMD5=_md5(part))
                parts.append({"PartNumber": number, "ETag": put["ETag"]})
            self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **condition)
        except BaseException:
            # Parts of an upload that nobody completes are paid for, and seen by nobody.
            with suppress(BotoCoreError, ClientError, HTTPError, OSError):
                self._client.abort_multipart_upload(**upload)
            raise

    def keys(self, prefix: str) -> list[str]:
        """See `Store.keys`."""
        return self._listed(f"{check_key(prefix)}/")

    def each_key(self, prefix: str) -> Iterator[str]:
        """See `Store.each_key`."""
        for page in self._pages(f"{check_key(prefix)}/"):
            yield from self._names(page)

    def folders(self) -> list[str]:
        """See `Store.folders`."""
        found: list[str] = []
        for page in self._pages("", Delimiter="/"):
            prefixes = (each["Prefix"] for each in page.get("CommonPrefixes", []))
            found += [each.removeprefix(self._prefix).rstrip("/") for each in prefixes]
        return sorted(name for name in found if is_key(name))

    def _listed(self, start: str) -> list[str]:
        return sorted(name for page in self._pages(start) for name in self._names(page))

    def _names(self, page: Any) -> list[str]:
        return [each["Key"].removeprefix(self._prefix) for each in page.get("Contents", [])]

    def _pages(self, start: str, **asked: str) -> Iterator[Any]:
        """Answers to what lies below `start`, of a list that has an end: what a store says of that is not believed."""
        end_s, left_bytes = time.monotonic() + _LISTING_S, _MOST_NAMES_BYTES
        with self._telling(start or str(self)):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket,
                Prefix=f"{self._prefix}{start}",
                PaginationConfig={"PageSize": _NAMES_AT_ONCE},
                **asked,
            )
            for page in pages:
                left_bytes -= _PAGE_BYTES + sum(len(each["Key"]) for each in page.get("Contents", []))
                if left_bytes < 0 or time.monotonic() > end_s or not self._wanted():
                    raise StoreUnreachableError("lists without an end; keep fewer objects there", source=self)
                yield page

    def size_bytes(self, key: str) -> int | None:
        """See `Store.size_bytes`."""
        try:
            with self._telling(key):
                found = self._client.head_object(Bucket=self._bucket, Key=self._object(key))
        except MissingKeyError:
            return None
        return int(found["ContentLength"])

    def signed_url(self, key: str, expires_s: int) -> str:
        """URL that reads this one object without keys, for a while; made without asking the store."""
        with self._telling(key):
            url: str = self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self._bucket, "Key": self._object(key)}, ExpiresIn=expires_s
            )
        return url

    def signed_upload(self, key: str, size_bytes: int, expires_s: int) -> str:
        """URL that writes this one object, of exactly that many bytes, without keys, for a while (HTTP PUT)."""
        with self._telling(key):
            url: str = self._client.generate_presigned_url(
                "put_object",
                Params={"Bucket": self._bucket, "Key": self._object(key), "ContentLength": size_bytes},
                ExpiresIn=expires_s,
            )
        return url

    def _object(self, key: str) -> str:
        return f"{self._prefix}{check_key(key)}"

    def _telling(self, key: str) -> AbstractContextManager[None]:
        return telling(self, key)


def _md5(data: bytes) -> str:
    """What the store checks what arrives against, as HTTP spells it."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
