"""How a package is named, on the command line and in manifests: `name@version` or `name@sha256:<digest>`.

In front may stand its store and a slash: `s3://bucket/prefix`, or a folder (`out/packages`, `file:out/packages`).
"""

import re
from dataclasses import dataclass

from mainstream.errors import InvalidInputError

_FORM = re.compile(
    r"(?:(?P<store>s3://[^@]+|file:[^\x00-\x1f]+|(?![a-z0-9]+:/)[^\x00-\x1f]*)/)?"
    r"(?P<name>[a-z0-9](?:[-a-z0-9.]{0,126}[a-z0-9])?)"
    r"@(?:sha256:(?P<digest>[0-9a-f]{64})|(?P<version>[a-z0-9](?:[-a-z0-9.]{0,126}[a-z0-9])?))"
)


@dataclass(frozen=True)
class Reference:
    """One package; either `version` or `digest` is given."""

    name: str
    version: str | None
    digest: str | None
    """sha256 of the canonical manifest"""
    store: str | None = None
    """`s3://bucket/prefix` or a folder, as it was written; None: whatever store is at hand"""

    def __str__(self) -> str:
        prefix = "" if self.store is None else f"{self.store.removesuffix('/')}/"
        return f"{prefix}{self.name}@{self.version or f'sha256:{self.digest}'}"


def parse_reference(text: str) -> Reference:
    """Parse `[s3://bucket/prefix/|folder/]name@version`, or the same with `@sha256:<digest>`."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise InvalidInputError(
            f"{text!r} is not a package reference; write name@version or name@sha256:<digest>, "
            "with s3://bucket/prefix/ or a folder and / in front if you like",
            field="reference",
        )
    # What stands in front of the first slash of all is the root.
    store = "/" if match["store"] == "" else match["store"]
    return Reference(match["name"], match["version"], match["digest"], store)
