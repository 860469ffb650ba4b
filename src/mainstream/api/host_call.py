"""A host that a tenant has the platform call, for whoever judges whether it may be called."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HostCall:
    """Either `url` or `host`, a name or an address, is given."""

    field: str
    """where the tenant wrote it"""
    url: str | None = None
    host: str | None = None
    port: int | None = None
    """of `host`, where the tenant names one"""
