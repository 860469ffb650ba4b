"""What the platform says of hosts that tenants name, and whether one may be called. Pure.

Operator and runners stand inside the platform's network, so what a tenant names must not lead to what only they can
reach. Without a list every host is allowed but the machine's own, link-local ones, clouds' metadata services, the API
server's, and ports that only a cluster's own parts listen on. Private networks are allowed: cameras live there. With a
list it is that list alone.

A name is judged twice: as it is written, by `problem_of_host`, and by what it resolves to, by `problem_of_resolved`,
right before an address is connected to (`connecting`).
"""

from fnmatch import fnmatchcase
from ipaddress import IPv6Address, ip_network
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict

from mainstream.hosts.addresses import Address, is_internal, meant, read_address

_INTERNAL_NAMES = (
    *("localhost", "*.localhost", "localhost.localdomain", "localhost[46]", "localhost[46].localdomain[46]"),
    *("ip6-localhost", "ip6-loopback", "ip6-localnet", "ip6-allnodes", "ip6-allrouters"),
    *("metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.*"),
    *("metadata.azure.internal", "metadata.tencentyun.com", "metadata.platformequinix.com"),
    *("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.*"),
)
"""names of this machine, of clouds' metadata, of the API server"""
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")
_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}
CLUSTER_PORTS = frozenset(
    (
        *(2379, 2380),  # etcd
        *(6443, 6444, 9345),  # API servers, k3s' and RKE2's
        *(10248, 10249, 10250, 10255, 10256, 10257, 10259),  # kubelet, kube-proxy, controllers, scheduler
    )
)
"""of a cluster's own parts, on whatever address: a kubelet listens on every node's"""

INTERNAL = "is internal"
CLUSTERS_OWN = "is at a port of the cluster's own parts"
NOT_LISTED = "is not among the chart's allowedHosts"
NO_HOST = "is not the name or address of a host"


class Endpoint(BaseModel):
    """An address, and the port where it is only that one."""

    model_config = ConfigDict(frozen=True)

    address: str
    port: int | None = None


class HostRules(BaseModel):
    """What the chart says, and where the API server is; travels to the runners."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    allowed: tuple[str, ...] = ()
    """names (also `*.example.org`), addresses and networks; empty: everything that is not internal"""
    api_server: tuple[Endpoint, ...] = ()
    """its Service's address (any port) and where it really listens"""


def problem_of_host(host: str, rules: HostRules, port: int | None = None) -> str | None:
    """Why `host`, a name or an address as a tenant wrote it, must not be called; None where it may."""
    name = host.strip("[]").rstrip(".").lower()
    address = read_address(name)
    if address is None and (not name or not set(name) <= _LETTERS):
        return NO_HOST
    if rules.allowed and not _is_listed(name, address, rules):
        return NOT_LISTED
    if address is not None:
        return problem_of_resolved(address, rules, port)
    if not rules.allowed and any(fnmatchcase(name, pattern) for pattern in _INTERNAL_NAMES):
        return INTERNAL
    return CLUSTERS_OWN if port in CLUSTER_PORTS else None


def problem_of_resolved(address: Address, rules: HostRules, port: int | None = None) -> str | None:
    """Why an address must not be connected to, whichever allowed name led there.

    An internal one may where the list holds exactly that address: a network or a name says less.
    """
    if any(read_address(each.lower()) == address for each in rules.allowed):
        return None
    if port in CLUSTER_PORTS:
        return CLUSTERS_OWN
    if is_internal(address):
        return INTERNAL
    servers = {(read_address(each.address.lower()), each.port) for each in rules.api_server}
    if any((each, known) in servers for each in meant(address) for known in (None, port)):
        return INTERNAL
    return None


def problem_of_url(url: str, rules: HostRules) -> str | None:
    """As `problem_of_host`, of a URL; one that programs may read in two ways is refused."""
    if any(character <= " " or character == "\\" or not character.isprintable() for character in url):
        return "has blanks, backslashes or control characters"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, port_of(parts)
    except ValueError:
        return "is not a URL"
    if "@" in parts.netloc:
        return "holds a user or password; name a Secret instead"
    return problem_of_host(host or "", rules, port)


def port_of(url: SplitResult) -> int | None:
    """The port that is connected to, its scheme's where the URL names none; raises `ValueError`."""
    return url.port or _PORTS.get(url.scheme)


def _is_listed(name: str, address: Address | None, rules: HostRules) -> bool:
    return any(_matches(name, address, pattern.lower()) for pattern in rules.allowed)


def _matches(name: str, address: Address | None, pattern: str) -> bool:
    if address is None:
        return fnmatchcase(name, pattern) if pattern.startswith("*.") else name == pattern
    try:
        network = ip_network(pattern, strict=False)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address in network or (mapped is not None and mapped in network)
