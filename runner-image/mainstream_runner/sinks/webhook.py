"""Alerts as HTTP POSTs, signed as Standard Webhooks say (docs/events.md), so that its libraries can check them."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Sequence

import httpx

from mainstream.api.sinks.sink import WebhookSink
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.hosts.connecting import HostNotAllowedError, SaysRules, no_rules
from mainstream_runner.pinned_http import tenants_client
from mainstream_runner.sinks.destination import AppSink, RefusedError, Route, digest
from mainstream_runner.sinks.pictures import AlertPictures
from mainstream_runner.sinks.webhook_body import webhook_body
from mainstream_runner.spool.spool import Record

_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_ID = "webhook-id"
_TIMESTAMP = "webhook-timestamp"
_SIGNATURE = "webhook-signature"
_APP = "mainstream-app"
_KEY_PREFIX = "whsec_"
_NEVER = frozenset({400, 413, 415, 422})
"""what is wrong is the request itself, and it will be the same the next time"""


def webhook_route(sink: WebhookSink, keys: SinkKeys, pictures: AlertPictures, rules: SaysRules) -> Route:
    """One courier for each URL, format and key."""
    key = keys.get("hmac_key")
    return Route(f"webhook-{digest(sink.model_dump_json(), key or '')}", lambda: Webhook(sink, key, pictures, rules))


class Webhook:
    """One URL."""

    def __init__(
        self, sink: WebhookSink, key: str | None, pictures: AlertPictures, rules: SaysRules = no_rules
    ) -> None:
        self._sink = sink
        self._key = key
        self._pictures = pictures
        self._client = tenants_client(_TIMEOUT, rules)

    def serve(self, sinks: Sequence[AppSink]) -> None:
        """All of them have the same URL, format and key."""

    def deliver(self, record: Record) -> str | None:
        """POST one alert's message, or its picture."""
        if record.is_file:
            headers = {"Content-Type": "image/jpeg", _APP: record.app}
            return self._post(record.id, self._pictures.read(record.app, record.id), headers)
        try:
            body = webhook_body(self._sink, record.body, time.time())
        except ValueError as error:
            raise RefusedError(f"template: {error}") from error
        return self._post(record.id, body.content, {"Content-Type": body.media_type})

    def close(self, *, gone: bool) -> None:
        """Close the connection."""
        self._client.close()

    def _post(self, identity: str, body: bytes, headers: dict[str, str]) -> str | None:
        headers |= {_ID: identity}
        if self._key is not None:
            timestamp = str(int(time.time()))
            headers[_TIMESTAMP] = timestamp
            headers[_SIGNATURE] = signature(self._key, identity, timestamp, body)
        try:
            with self._client.stream("POST", self._sink.url, content=body, headers=headers) as response:
                status = response.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"the webhook does not answer ({type(error).__name__})"
        except HostNotAllowedError as error:
            return f"the webhook {error.message}"
        if status in _NEVER:
            raise RefusedError(f"the webhook answered {status}; see its log")
        return None if 200 <= status < 300 else f"the webhook answered {status}"


def signature(key: str, identity: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `identity.timestamp.body` (Standard Webhooks 1.0).

    A key `whsec_...` is base64; any other is taken as it is.
    """
    signed = hmac.new(_key_bytes(key), f"{identity}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _key_bytes(key: str) -> bytes:
    if key.startswith(_KEY_PREFIX):
        try:
            return base64.b64decode(key.removeprefix(_KEY_PREFIX), validate=True)
        except binascii.Error:
            pass
    return key.encode()
