"""Connects to addresses that were checked after a name was resolved, so that no name can change its mind between.

Whatever connects by itself (FFmpeg) at least asks `check_url` right before.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from mainstream.errors import MainstreamError
from mainstream.hosts.addresses import read_address
from mainstream.hosts.rules import HostRules, port_of, problem_of_host, problem_of_resolved

SaysRules = Callable[[], HostRules | None]
"""the rules as they are now; None where whoever runs this names the hosts"""


def no_rules() -> None:
    """Hosts are named by whoever runs this, as on a command line."""


class HostNotAllowedError(MainstreamError):
    """A host that must not be called; the message says why, without what it resolved to."""


def checked_addresses(host: str, port: int, rules: HostRules | None) -> list[str]:
    """What `host` resolves to now, in the resolver's order, where all of it may be called; without rules, all may.

    Raises `HostNotAllowedError`, and `OSError` where it does not resolve.
    """
    _raise_for(None if rules is None else problem_of_host(host, rules, port), "its host")
    found = [str(each[4][0]) for each in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)]
    for each in found:
        address = read_address(each.lower())
        if rules is not None and address is not None:
            _raise_for(problem_of_resolved(address, rules, port), "the address of its host")
    return list(dict.fromkeys(found))


def check_url(url: str, rules: HostRules | None) -> None:
    """Raise `HostNotAllowedError` where the URL's host must not be called now; without rules nothing is resolved.

    A file has no host, and one that does not resolve is left to the caller.
    """
    parts = urlsplit(url)
    if rules is not None and parts.hostname is not None:
        with suppress(OSError):
            checked_addresses(parts.hostname, port_of(parts) or 0, rules)


def connect(host: str, port: int, rules: HostRules | None, **options: Any) -> socket.socket:
    """A TCP connection to the first checked address that answers; `options` are `socket.create_connection`'s.

    Raises `HostNotAllowedError` and `OSError`.
    """
    failed: OSError | None = None
    for address in checked_addresses(host, port, rules):
        try:
            return socket.create_connection((address, port), **options)
        except OSError as error:
            failed = error
    raise failed or OSError(f"{host} has no address")


def _raise_for(problem: str | None, whose: str) -> None:
    if problem is not None:
        way_out = "ask the platform team to list it in the chart's allowedHosts, or name another one"
        raise HostNotAllowedError(f"must not be called: {whose} {problem}; {way_out}", field="host")
