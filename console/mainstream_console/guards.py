"""What every answer and every POST goes through: headers, a token against forged forms, and a limit of the rate."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_COOKIE = "mainstream-session"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_POSTS_PER_MINUTE = 300
"""of one address: one key a frame is a few a second"""
_ADDRESSES = 4096
MOST_BODY_BYTES = 16 << 10


class SafeHeaders:
    """Gives every answer the same headers; only a picture may be kept by a browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI calls it."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_safely)


class BoundedBody:
    """Refuses a POST without a length, or of more than 16 KiB."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI calls it."""
        if scope["type"] == "http" and scope["method"] == "POST":
            length = Headers(scope=scope).get("content-length", "")
            if not length.isdecimal() or int(length) > MOST_BODY_BYTES:
                await Response("a form has a length, of 16 KiB at most\n", 413)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class FormTokens:
    """A token in each form that only a page of ours can hold: an HMAC of the browser's session (OWASP, CSRF)."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def session(self, request: Request) -> str:
        """The browser's session; a new one where it has none."""
        known = request.cookies.get(_COOKIE, "")
        return known if len(known) == 43 else secrets.token_urlsafe(32)

    def token(self, session: str) -> str:
        """What a form of this session holds."""
        return hmac.digest(self._key, session.encode(), hashlib.sha256).hex()

    def keep(self, response: Response, session: str, *, secure: bool) -> None:
        """Have the browser keep its session."""
        response.set_cookie(_COOKIE, session, httponly=True, samesite="strict", secure=secure)

    def is_ours(self, request: Request, given: str) -> bool:
        """Whether a form came from a page of ours, in the same browser."""
        session = request.cookies.get(_COOKIE, "")
        return bool(session) and hmac.compare_digest(self.token(session).encode(), given.encode())


def address_of(request: Request) -> str:
    """Whose POST it is, as far as a limit can tell."""
    return request.client.host if request.client else ""


@dataclass
class _Bucket:
    left: float
    at_s: float


class PostLimit:
    """So many POSTs a minute from one address, in bursts of as many."""

    def __init__(self, per_minute: int = _POSTS_PER_MINUTE) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def check(self, address: str) -> None:
        """Take one more; raises `HTTPException` where it is too many."""
        if not self.allows(address):
            raise HTTPException(429, "too many at once; wait a minute")

    def allows(self, address: str, now_s: float | None = None) -> bool:
        """Whether one more is taken; `now_s` is monotonic."""
        now_s = time.monotonic() if now_s is None else now_s
        bucket = self._buckets.pop(address, None) or _Bucket(float(self._per_minute), now_s)
        refilled = bucket.left + (now_s - bucket.at_s) * self._per_minute / 60.0
        bucket.left, bucket.at_s = min(float(self._per_minute), refilled), now_s
        self._buckets[address] = bucket
        while len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
        if bucket.left < 1.0:
            return False
        bucket.left -= 1.0
        return True
