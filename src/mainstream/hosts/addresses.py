"""Addresses however they are spelled and wrapped, and which of them lead into the platform itself. Pure."""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_WRAPPING = (
    IPv6Network("::/96"),  # IPv4-compatible (RFC 4291)
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated (RFC 2765)
    IPv6Network("64:ff9b::/96"),  # NAT64 (RFC 6052)
)
"""networks whose addresses end with the IPv4 address that is meant, beside those that `ipaddress` knows"""
_OWN_NAT64 = IPv6Network("64:ff9b:1::/48")
"""of which a site takes a prefix of 48 to 96 bits (RFC 8215)"""
_NOBODY = IPv4Network("0.0.0.0/8")
_ISATAP = 0x5EFE
"""lower half of bits 32 to 63 from the end (RFC 5214)"""
_INTERNAL: tuple[IPv4Network | IPv6Network, ...] = (
    *(IPv4Network(each) for each in ("0.0.0.0/8", "240.0.0.0/4")),
    *(IPv4Network(each) for each in ("100.100.100.200", "168.63.129.16", "192.0.0.192")),  # Alibaba, Azure, Oracle
    *(IPv6Network(each) for each in ("fd00:ec2::/32", "fd20:ce::254", "fd00:42::42")),  # AWS, Google, Scaleway
    IPv6Network("fd00:c1::a9fe:a9fe"),  # Oracle
    IPv6Network("fec0::/10"),
)
"""what is nobody's host, and where clouds keep their metadata beside link-local addresses"""


def read_address(text: str) -> Address | None:
    """The address that `text` spells; None where it is a name.

    `127.1`, `0x7f000001`, `0177.0.0.1` and `2130706433` are what programs take as 127.0.0.1.
    """
    if ":" in text:
        text = text.partition("%")[0]  # the interface, of an address that is only valid there
    try:
        return ip_address(text)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(text)) if text and not set(text) - set("0123456789abcdefx.") else None
    except (OSError, ValueError):
        return None


def meant(address: Address) -> Iterator[Address]:
    """The address, and those that it wraps, where it is one of the forms that do."""
    yield address
    if isinstance(address, IPv4Address):
        return
    for wrapped in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())):
        if wrapped is not None:
            yield wrapped
    number = int(address)
    if any(address in network for network in _WRAPPING) or (number >> 32) & 0xFDFFFFFF == _ISATAP:
        yield IPv4Address(number & 0xFFFFFFFF)
    if address in _OWN_NAT64:
        yield from _behind_prefixes(number)


def _behind_prefixes(number: int) -> Iterator[IPv4Address]:
    """The IPv4 addresses that stand right behind a prefix of NAT64, around bits 64 to 71 (RFC 6052, section 2.2).

    How long the prefix is, is the site's business: each length that leaves an address is taken for meant.
    """
    without_u = number >> 64 << 56 | number & ((1 << 56) - 1)
    places = (without_u >> 40, without_u >> 32, without_u >> 24, number)
    found = [IPv4Address(each & 0xFFFFFFFF) for each in places]
    yield from [each for each in found if each not in _NOBODY] or found


def is_internal(address: Address) -> bool:
    """Whether it is this machine, link-local, a cloud's metadata service, or nobody's; wrapped ones, too."""
    return any(
        each.is_loopback
        or each.is_link_local
        or each.is_unspecified
        or each.is_multicast
        or any(each in network for network in _INTERNAL if network.version == each.version)
        for each in meant(address)
    )
