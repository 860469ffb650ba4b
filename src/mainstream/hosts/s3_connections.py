"""Sends an S3 client's requests over connections that were checked after resolving (`mainstream.hosts.connecting`).

Botocore knows no resolver of one's own, but asks handlers of `before-send` for an answer before it sends a request
itself. A proxy that the environment names connects on its own: it has to judge the addresses then.
"""

import socket
from pathlib import Path
from typing import Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
    AWSPreparedRequest,
    AWSResponse,
)
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from mainstream.hosts.connecting import connect
from mainstream.hosts.rules import HostRules


def pin_connections(client: Any, rules: HostRules, config: Config, ca_bundle: Path | None) -> None:
    """Have every request of `client` sent over connections that `rules` allow; `config` is the client's own."""
    session = _PinnedSession(
        rules,
        verify=str(ca_bundle) if ca_bundle else True,
        proxies=get_environ_proxies(client.meta.endpoint_url),
        timeout=(config.connect_timeout, config.read_timeout),
        max_pool_connections=config.max_pool_connections,
    )

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        answer: AWSResponse = session.send(request)
        return answer

    client.meta.events.register_last("before-send.s3", send)


class _PinnedSession(URLLib3Session):  # type: ignore[misc]
    def __init__(self, rules: HostRules, **options: Any) -> None:
        super().__init__(**options)
        # Each pool makes connections of its own class, so the classes carry the rules.
        plain = type("_Plain", (_Pinned, AWSHTTPConnection), {"rules": rules})
        tls = type("_Tls", (_Pinned, AWSHTTPSConnection), {"rules": rules})
        self._manager.pool_classes_by_scheme = {
            "http": type("_PlainPool", (AWSHTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_TlsPool", (AWSHTTPSConnectionPool,), {"ConnectionCls": tls}),
        }


class _Pinned(HTTPConnection):
    rules: HostRules

    def _new_conn(self) -> socket.socket:
        """As urllib3's, to an address that was checked."""
        try:
            connection = connect(self.host, self.port, self.rules, timeout=self.timeout)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"no connection to {self.host} in time") from error
        except OSError as error:
            raise NewConnectionError(self, f"no connection to {self.host}: {error}") from error
        for option in self.socket_options or ():
            connection.setsockopt(*option)
        return connection
