"""HTTP to hosts that tenants name: over connections that were checked after resolving, past proxies and redirects."""

import functools
import ssl
from collections.abc import Iterable

import httpcore
import httpx

from mainstream.hosts.connecting import SaysRules, checked_addresses


def tenants_client(timeout: httpx.Timeout, rules: SaysRules) -> httpx.Client:
    """A client whose requests raise `HostNotAllowedError` where a host must not be called.

    No proxy and no redirect: a tenant's server must not send the runner elsewhere.
    """
    return httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False, transport=_PinnedTransport(rules))


@functools.cache
def _tls_context() -> ssl.SSLContext:
    """One for all clients: it takes 16 ms to read the certificates of all authorities."""
    return httpx.create_ssl_context(trust_env=False)


class _PinnedTransport(httpx.HTTPTransport):
    """As httpx', with a resolver of its own: httpcore takes one, httpx does not pass it on."""

    def __init__(self, rules: SaysRules) -> None:
        super().__init__(verify=_tls_context(), trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(ssl_context=_tls_context(), network_backend=_PinnedBackend(rules))


class _PinnedBackend(httpcore.SyncBackend):
    def __init__(self, rules: SaysRules) -> None:
        self._rules = rules

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = checked_addresses(host, port, self._rules())
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed
