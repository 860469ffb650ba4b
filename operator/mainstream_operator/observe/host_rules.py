"""Which hosts tenants may name, with where the API server is by every address that it has."""

import logging

from mainstream.hosts.rules import Endpoint, HostRules
from mainstream_operator.kinds import ENDPOINT_SLICE
from mainstream_operator.kube import Body, Kube, KubeError
from mainstream_operator.observe.expiring_cache import ExpiringCache

_log = logging.getLogger(__name__)
_FRESH_S = 60.0
_API_SERVER = ENDPOINT_SLICE.ref("kubernetes", "default")
"""kept by the API servers themselves"""


class KnownHostRules:
    """The chart's rules, and the API server's addresses as they are; may be used from several threads."""

    def __init__(self, kube: Kube, rules: HostRules) -> None:
        self._kube = kube
        self._rules = rules
        self._found: ExpiringCache[HostRules] = ExpiringCache(_FRESH_S, 1)
        self._last = rules

    def now(self) -> HostRules:
        """The rules; where the addresses can't be read, those that were known last."""
        return self._found.get("rules", self._read)

    def _read(self) -> HostRules:
        try:
            servers = api_server_endpoints(self._kube.get(_API_SERVER))
        except KubeError as error:
            _log.warning("the API server's addresses could not be read: %s", error)
        else:
            self._last = self._rules.model_copy(update={"api_server": (*self._rules.api_server, *servers)})
        return self._last


def api_server_endpoints(endpoint_slice: Body | None) -> tuple[Endpoint, ...]:
    """Where API servers listen, sorted. Pure."""
    body = endpoint_slice or {}
    addresses = [str(address) for each in body.get("endpoints") or () for address in each.get("addresses") or ()]
    ports = [each.get("port") for each in body.get("ports") or ()]
    return tuple(Endpoint(address=address, port=port) for address in sorted(addresses) for port in ports)
