"""WS-Discovery: ask the networks of this machine which cameras there are.

The library makes and reads the messages. Its own loop ends with the first answer that it cannot read, and a network may
hold a device that sends such answers; so the sockets are here.
"""

import logging
import selectors
import socket
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import ifaddr
from wsdiscovery import QName
from wsdiscovery.actions.probe import constructProbe, createProbeMessage
from wsdiscovery.message import parseSOAPMessage

GROUP = ("239.255.255.250", 3702)
MOST_ANSWERS = 256
_MOST_BYTES = 1 << 16
_SENT_AT_S = (0.0, 0.3, 0.9)
"""UDP loses messages"""
_KINDS = (
    QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter", "dn"),
    QName("http://www.onvif.org/ver10/device/wsdl", "Device", "tds"),
)
# It says on stderr what it cannot read, once for each stranger's message.
logging.getLogger("wsdiscovery.message").setLevel(logging.CRITICAL)
_NAME = "onvif://www.onvif.org/name/"


@dataclass(frozen=True)
class Answer:
    """What a camera says of itself to whoever asks."""

    address: str
    """that the answer came from"""
    endpoints: tuple[str, ...]
    """URLs of its device service, as it says"""
    name: str | None = None


def probe(wait_s: float) -> list[Answer]:
    """All that answer within so many seconds, by address; of a flood, the first."""
    asked = selectors.DefaultSelector()
    try:
        for address in _own_addresses():
            _listen(asked, address)
        return sorted(_answers(asked, wait_s), key=lambda answer: (answer.address, answer.endpoints))
    finally:
        for key in list(asked.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        asked.close()


def read_answer(datagram: bytes, address: str) -> list[Answer]:
    """The cameras that it speaks of; none where it is something else, or cannot be read."""
    try:
        envelope = parseSOAPMessage(datagram, address)
        matches = [] if envelope is None else envelope.getProbeResolveMatches()
        return [_answer(match, address) for match in matches if _is_camera(match)]
    except Exception:  # whatever a stranger's bytes make a parser say, they are no camera
        return []


def _answers(asked: selectors.BaseSelector, wait_s: float) -> set[Answer]:
    found: set[Answer] = set()
    probes = [createProbeMessage(constructProbe([kind], None)).encode() for kind in _KINDS]
    start_s, waiting = time.monotonic(), list(_SENT_AT_S)
    while (gone_s := time.monotonic() - start_s) < wait_s and len(found) < MOST_ANSWERS:
        if waiting and gone_s >= waiting[0]:
            waiting.pop(0)
            _send(asked, probes)
        until_s = min(waiting[0] if waiting else wait_s, wait_s)
        for key, _ in asked.select(max(0.0, until_s - gone_s)):
            datagram, (address, *_rest) = key.fileobj.recvfrom(_MOST_BYTES)  # type: ignore[union-attr]
            found.update(read_answer(datagram, address))
    return set(list(found)[:MOST_ANSWERS])


def _own_addresses() -> list[str]:
    return [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)]


def _listen(asked: selectors.BaseSelector, address: str) -> None:
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listener.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
        listener.bind((address, 0))
        listener.setblocking(False)
    except OSError:
        listener.close()  # an interface that is down
        return
    asked.register(listener, selectors.EVENT_READ)


def _send(asked: selectors.BaseSelector, probes: list[bytes]) -> None:
    for key in asked.get_map().values():
        for message in probes:
            try:
                key.fileobj.sendto(message, GROUP)  # type: ignore[union-attr]
            except OSError:
                continue  # a tunnel, or another network without multicast


def _is_camera(match: Any) -> bool:
    kinds = {kind.getLocalname() for kind in match.getTypes()}
    return "NetworkVideoTransmitter" in kinds or any(
        scope.getValue().startswith("onvif://") for scope in match.getScopes()
    )


def _answer(match: Any, address: str) -> Answer:
    scopes = [scope.getValue() for scope in match.getScopes()]
    names = [unquote(scope.removeprefix(_NAME))[:200] for scope in scopes if scope.startswith(_NAME)]
    return Answer(address, tuple(match.getXAddrs()[:8]), names[0] if names else None)
