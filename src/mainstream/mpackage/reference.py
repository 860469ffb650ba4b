"""How a package is named: `name@version` or `name@sha256:<digest>`, with its store in front where that is known."""

import re
from dataclasses import dataclass

from mainstream.errors import InvalidInputError

_FORM = re.compile(
    r"(?:(?P<store>(?:s3://|file:)[^@]+)/)?"
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
    """`s3://bucket/prefix` or `file:folder`; None: whatever store is at hand"""

    def __str__(self) -> str:
        prefix = f"{self.store}/" if self.store else ""
        return f"{prefix}{self.name}@{self.version or f'sha256:{self.digest}'}"


def parse_reference(text: str) -> Reference:
    """Parse `[s3://bucket/prefix/|file:folder/]name@version`, or the same with `@sha256:<digest>`."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise InvalidInputError(
            f"{text!r} is not a package reference; write name@version or name@sha256:<digest>, "
            "with s3://bucket/prefix/ or file:folder/ in front if you like",
            field="reference",
        )
    return Reference(match["name"], match["version"], match["digest"], match["store"])
