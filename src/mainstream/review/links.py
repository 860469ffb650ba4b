"""Links that open one alert for review, without a login: signed with a key of the app, for a time.

A node holds the keys of its own apps and no others, so that it can sign while everything else is away; they are derived
from one key that stays with the operator (HMAC as a key derivation, NIST SP 800-108).
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass

from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.errors import InvalidInputError

VALID_S = 14 * 86400.0
_MOST_CHARACTERS = 1024
_MAC_BYTES = 32
_LEAST_KEY_BYTES = 16


@dataclass(frozen=True)
class ReviewLink:
    """What a link opens, and until when."""

    app: str
    alert: str
    expires_s: float
    """seconds since 1970"""


def app_key(operators: bytes, app: str, uid: str) -> bytes:
    """Key of one app; one that is deleted and made again (another `uid`) gets another."""
    if len(operators) < _LEAST_KEY_BYTES:
        raise ValueError(f"a key of {len(operators)} bytes is too short")
    return hmac.digest(operators, b"\0".join((b"review link", app.encode(), uid.encode())), hashlib.sha256)


def sign_link(key: bytes, app: str, alert: str, opened_s: float) -> str:
    """The token of an alert that opened then (seconds since 1970), fit for a path: `[-_A-Za-z0-9.]`."""
    claim = json.dumps([app, alert, int(opened_s + VALID_S)], separators=(",", ":")).encode()
    return f"{_text(claim)}.{_text(hmac.digest(key, claim, hashlib.sha256))}"


def open_link(token: str, key_of: Callable[[str], bytes | None], now_s: float) -> ReviewLink:
    """What a token opens; `key_of` says the key of an app, None of one that is not there.

    Raises `InvalidInputError` where it was altered, is too old, or is of an app that is gone: the same sentence for
    altered and unknown, so that nobody learns from it which apps there are.
    """
    said, _, mac = token.partition(".")
    try:
        if len(token) > _MOST_CHARACTERS:
            raise ValueError("too long")
        claim, given = _bytes(said), _bytes(mac)
        app, alert, expires_s = json.loads(claim)
        key = key_of(app) if isinstance(app, str) and isinstance(alert, str) and isinstance(expires_s, int) else None
        # An app that is not there takes as long as one with another key.
        wanted = hmac.digest(key or b"nobody's", claim, hashlib.sha256)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise _unknown() from None
    if not hmac.compare_digest(given, wanted) or key is None:
        raise _unknown()
    if now_s >= expires_s:
        raise InvalidInputError("is older than 14 days; open the alert in the console instead", field="link")
    return ReviewLink(app, alert, float(expires_s))


def _unknown() -> InvalidInputError:
    return InvalidInputError("opens nothing; take it from the alert as it came", field="link")


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _text(content) != text:
        raise ValueError("written in another way")
    return content


LINK_URL, LINK_KEY = "link_url", "link_key"
"""what a node is given for a review, as for a sink: where a console is, and the app's key in hexadecimal digits"""
LINKS_PATH = "/r/"


def signed_url(given: SinkKeys, app: str, alert: str, opened_s: float) -> str | None:
    """Address at which one alert is judged; None where the node was not given what it takes."""
    url, key = given.get(LINK_URL), given.get(LINK_KEY)
    if url is None or key is None:
        return None
    return f"{url.rstrip('/')}{LINKS_PATH}{sign_link(bytes.fromhex(key), app, alert, opened_s)}"
