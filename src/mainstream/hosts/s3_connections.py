"""Sends an S3 client's requests over connections that were checked after resolving (`mainstream.hosts.connecting`).

Botocore knows no resolver of one's own, but asks handlers of `before-send` for an answer before it sends a request
itself. A proxy that the environment names connects on its own: it has to judge the addresses then.

Botocore reads all of an answer that is no object, a list or an error, however long that is and takes. Here both are
bounded: whose store it is may be anybody's.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
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

from mainstream.hosts.bounded_reading import read_bounded
from mainstream.hosts.connecting import connect
from mainstream.hosts.rules import HostRules

MOST_ANSWER_BYTES = 1 << 20
"""of what is no object: a list of 500 names has a third of it"""
_ANSWER_S = 20.0
_HEADERS_S = 20.0
_REFUSED_STATUS = 300


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

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """As botocore's, but for what it would read whole."""
        is_object, request.stream_output = request.stream_output, True
        answer: AWSResponse = super().send(request)
        if is_object and answer.status_code < _REFUSED_STATUS:
            return answer
        with contextlib.closing(answer.raw) as reply:
            content = read_bounded(reply, MOST_ANSWER_BYTES, _ANSWER_S)
        if len(content) > MOST_ANSWER_BYTES:
            raise OSError(f"an answer of more than {MOST_ANSWER_BYTES} bytes")
        return AWSResponse(answer.url, answer.status_code, answer.headers, _Whole(content))


class _Whole:
    """A reply that was read already, as botocore asks for one."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        """All of it at once."""
        yield self._content


class _Pinned(HTTPConnection):
    rules: HostRules

    def getresponse(self) -> Any:
        """As urllib3's; a server that sends its headers a byte at a time is hung up on."""
        late, connection = threading.Event(), self.sock

        def hang_up() -> None:
            late.set()
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(_HEADERS_S, hang_up)
        timer.daemon = True
        timer.start()
        try:
            answer = super().getresponse()
        finally:
            timer.cancel()
        if late.is_set():  # where it was hung up on, headers seem to end
            raise TimeoutError(f"headers took longer than {_HEADERS_S:.0f} s")
        return answer

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
