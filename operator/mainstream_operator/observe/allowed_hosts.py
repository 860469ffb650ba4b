"""Which hosts a tenant may have the operator and the runners call: stores, sinks, cameras. Pure.

Both stand inside the platform's network, so a URL that a tenant writes must not lead to what only they can reach.
Without a list every host is allowed but the machine's own, link-local ones (where clouds keep their metadata), and the
API server's. Private networks are allowed: cameras live there. With a list it is that list alone.

A name is judged as it is written; what it resolves to is not asked here. Whoever can't trust names gives a list.
"""

import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from mainstream.api import VideoApp, VideoStream
from mainstream.api.host_call import HostCall
from mainstream.api.one_of import written_key
from mainstream.api.reasons import Reason
from mainstream.api.sink_kind import SinkKind
from mainstream.decide.refusal import Refusal
from mainstream_operator.watch.snapshot import NodeSnapshot

Address = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")
_METADATA_V6 = IPv6Address("fd00:ec2::254")
_INTERNAL_NAMES = (
    *("localhost", "*.localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"),
    *("metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.*"),
    *("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.*"),
)
"""names of this machine, of clouds' metadata, of the API server"""
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")


@dataclass(frozen=True)
class HostRules:
    """What the chart says; `api_server` is the address of its Service, where the operator runs in a cluster."""

    allowed: tuple[str, ...] = ()
    """names (also `*.example.org`), addresses and networks; empty: everything that is not internal"""
    api_server: str | None = None


def problem_of_host(host: str, rules: HostRules) -> str | None:
    """Why `host`, a name or an address, must not be called; None where it may."""
    name = host.strip("[]").rstrip(".").lower()
    if ":" in name:
        name = name.partition("%")[0]  # the interface, of an address that is only valid there
    address = _address(name)
    if address is None and (not name or not set(name) <= _LETTERS):
        return "is not the name or address of a host"
    if rules.allowed:
        if any(_matches(name, address, pattern.lower()) for pattern in rules.allowed):
            return None
        return "is not among the chart's allowedHosts"
    if address is None:
        internal = any(fnmatchcase(name, pattern) for pattern in _INTERNAL_NAMES)
        return "is internal" if internal else None
    server = _address(rules.api_server.lower()) if rules.api_server else None
    return "is internal" if any(each == server or _is_internal(each) for each in _meant(address)) else None


def problem_of_url(url: str, rules: HostRules) -> str | None:
    """The same of a URL; one that programs may read in two ways is refused."""
    if any(character <= " " or character == "\\" or not character.isprintable() for character in url):
        return "has blanks, backslashes or control characters"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URL"
    if "@" in parts.netloc:
        return "holds a user or password; name a Secret instead"
    return problem_of_host(host or "", rules)


def app_refusal(app: VideoApp, rules: HostRules) -> Refusal | None:
    """Why an app is not to be run: the first thing it names that must not be called."""
    return _first(_calls_of_app(app), rules)


def stream_refusal(stream: VideoStream, rules: HostRules) -> Refusal | None:
    """Why a stream is not to be opened; a file has no host."""
    url = stream.spec.url
    return None if url.startswith("file:") else _first([HostCall("url", url=url)], rules)


def host_refusals(snapshot: NodeSnapshot, rules: HostRules) -> tuple[dict[str, Refusal], dict[str, Refusal]]:
    """Apps and streams of a node that name hosts which must not be called, each by key."""
    streams = {each.stream.key: stream_refusal(each.stream, rules) for each in snapshot.streams}
    apps: dict[str, Refusal] = {}
    for each in snapshot.apps:
        found = app_refusal(each.app, rules)
        if found is None and each.stream is not None and stream_refusal(each.stream, rules) is not None:
            name = each.app.spec.stream.name
            found = Refusal(
                Reason.HOST_NOT_ALLOWED, f"VideoStream {name} is at a host that must not be called; see its conditions."
            )
        if found is not None:
            apps[each.key] = found
    return apps, {key: refusal for key, refusal in streams.items() if refusal is not None}


def _first(calls: Iterable[HostCall], rules: HostRules) -> Refusal | None:
    for call in calls:
        problem = problem_of_url(call.url, rules) if call.url is not None else problem_of_host(call.host or "", rules)
        if problem is not None:
            way_out = "name another one, or ask the platform team to list it in the chart's allowedHosts"
            return Refusal(Reason.HOST_NOT_ALLOWED, f"The host in spec.{call.field} {problem}; {way_out}.")
    return None


def _calls_of_app(app: VideoApp) -> Iterator[HostCall]:
    yield app.spec.package.store.call("package.store")
    yield from _calls_of_sinks(app.spec.sinks)


def _calls_of_sinks(sinks: Sequence[SinkKind]) -> Iterator[HostCall]:
    for index, sink in enumerate(sinks):
        for call in sink.calls():
            yield replace(call, field=f"sinks[{index}].{written_key(sink)}.{call.field}")


def _address(name: str) -> Address | None:
    """An address however it is spelled: `127.1`, `0x7f000001` and `2130706433` are what programs take as 127.0.0.1."""
    try:
        return ip_address(name)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(name)) if name and not set(name) - set("0123456789abcdefx.") else None
    except (OSError, ValueError):
        return None


def _meant(address: Address) -> Iterator[Address]:
    """The address, and the one that it wraps, where it is one of the forms that do."""
    yield address
    if isinstance(address, IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if wrapped is not None:
            yield wrapped
        if address in _NAT64:
            yield IPv4Address(int(address) & 0xFFFFFFFF)


def _is_internal(address: Address) -> bool:
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or address == _METADATA_V6
        or (isinstance(address, IPv4Address) and int(address) >> 24 == 0)
    )


def _matches(name: str, address: Address | None, pattern: str) -> bool:
    if address is None:
        return fnmatchcase(name, pattern) if pattern.startswith("*.") else name == pattern
    try:
        network = ip_network(pattern, strict=False)
    except ValueError:
        return False
    return any(each in network for each in _meant(address))
