"""Connects to addresses that were checked after a name was resolved, so that no name can change its mind between.

Whatever connects by itself (FFmpeg) gets a URL with such an address in it.
"""

import socket
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from mainstream.errors import MainstreamError
from mainstream.hosts.addresses import read_address
from mainstream.hosts.rules import HostRules, port_of, problem_of_host, problem_of_resolved

SaysRules = Callable[[], HostRules | None]
"""the rules as they are now; None where whoever runs this names the hosts"""


def no_rules() -> None:
    """Hosts are named by whoever runs this, as on a command line."""


class HostNotAllowedError(MainstreamError):
    """A host that must not be called; the message says why, without what it resolved to."""


class HostNotFoundError(MainstreamError):
    """A name that leads nowhere."""


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


def pinned_url(url: str, rules: HostRules | None, timeout_s: float) -> str:
    """The URL with an address that was checked for its host, so that whoever opens it resolves nothing; a name that has
    several gets the first that answers within `timeout_s`. Without rules, and of a file, it stays as it is.

    An `rtsps` URL is checked and keeps its name, by which its certificate is known. Raises `HostNotAllowedError`, and
    `HostNotFoundError` where the name does not resolve or none of its addresses answers.
    """
    parts = urlsplit(url)
    if rules is None or parts.hostname is None:
        return url
    port = port_of(parts) or 0
    try:
        addresses = checked_addresses(parts.hostname, port, rules)
        if parts.scheme == "rtsps":
            return url
        address = addresses[0]
        if len(addresses) > 1:
            with closing(_first_that_answers(addresses, port, timeout=timeout_s)) as connection:
                address = str(connection.getpeername()[0])
    except OSError as error:
        raise HostNotFoundError(f"cannot be reached by its host's name ({error.strerror or error})") from None
    login, at, _ = parts.netloc.rpartition("@")
    host = f"[{address}]" if ":" in address else address
    return urlunsplit(parts._replace(netloc=f"{login}{at}{host}{f':{parts.port}' if parts.port else ''}"))


def connect(host: str, port: int, rules: HostRules | None, **options: Any) -> socket.socket:
    """A TCP connection to the first checked address that answers; `options` are `socket.create_connection`'s.

    Raises `HostNotAllowedError` and `OSError`.
    """
    return _first_that_answers(checked_addresses(host, port, rules), port, **options)


def _first_that_answers(addresses: Sequence[str], port: int, **options: Any) -> socket.socket:
    failed: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((address, port), **options)
        except OSError as error:
            failed = error
    raise failed or OSError("the host has no address")


def _raise_for(problem: str | None, whose: str) -> None:
    if problem is not None:
        way_out = "ask the platform team to list it in the chart's allowedHosts, or name another one"
        raise HostNotAllowedError(f"must not be called: {whose} {problem}; {way_out}", field="host")
