"""Who may come in: a Kubernetes token that somebody logs in with, or what a trusted proxy says of them."""

from __future__ import annotations

import logging
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import ip_address

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mainstream_console.cluster.access import (
    RememberedReviews,
    Visitor,
    Wish,
    says_verdicts,
    sees_review,
)
from mainstream_console.cluster.settings import ProxySettings
from mainstream_console.guards import PostLimit, address_of
from mainstream_console.rendering import Renderer

_log = logging.getLogger(__name__)
_COOKIE = "mainstream-login"
_LASTS_S = 12 * 3600.0
_MOST_LOGINS = 1000
_LOGINS_PER_MINUTE = 60
_MOST_TOKEN_CHARACTERS = 8192
NOTHING_HERE = "there is nothing here that you may see"


@dataclass(frozen=True)
class _Login:
    token: str
    until_s: float


class Doors:
    """Everybody who is logged in. Tokens stay in memory, and each is asked for anew every minute it is used."""

    def __init__(self, reviews: RememberedReviews, renderer: Renderer, proxy: ProxySettings | None) -> None:
        self._reviews = reviews
        self._renderer = renderer
        self._proxy = proxy
        self._logins: OrderedDict[str, _Login] = OrderedDict()
        self._limit = PostLimit(_LOGINS_PER_MINUTE)

    def routes(self) -> list[BaseRoute]:
        """Where to log in and out."""
        return [
            Route("/login", self.ask),
            Route("/login", self.log_in, methods=["POST"]),
            Route("/logout", self.log_out, methods=["POST"]),
        ]

    async def visitor(self, request: Request) -> Visitor:
        """Who asks; raises an `HTTPException` that leads to the login where nobody knows."""
        found = self._told_by_proxy(request) or await run_in_threadpool(self._logged_in, request)
        if found is None:
            raise HTTPException(303, "log in", {"Location": "/login"})
        request.state.who = found.name
        return found

    async def let(self, request: Request, wish: Wish) -> Visitor:
        """Who asks, where they may; else as if there was nothing."""
        visitor = await self.visitor(request)
        if not await self.may(visitor, wish):
            raise HTTPException(404, NOTHING_HERE)
        return visitor

    async def may(self, visitor: Visitor, wish: Wish) -> bool:
        """Whether somebody may."""
        return await run_in_threadpool(self._reviews.may, visitor, wish)

    async def admit(self, request: Request, app: str, *, says: bool = False) -> str:
        """See `Doorkeeper.admit`."""
        visitor = await self.visitor(request)
        await self.check(visitor, app, says=says)
        return visitor.name

    async def machine(self, request: Request) -> Visitor:
        """Whose token a request shows as it comes; raises an `HTTPException` where it is nobody's."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        found = None
        if kind.lower() == "bearer" and _is_token(token):
            found = await run_in_threadpool(self._reviews.visitor, token)
        if found is None:
            headers = {"WWW-Authenticate": "Bearer"}
            raise HTTPException(401, "show a token of the cluster: Authorization: Bearer TOKEN", headers)
        return found

    async def check(self, visitor: Visitor, app: str, *, says: bool) -> None:
        """Raises an `HTTPException` where somebody may not look at what an app keeps, or not judge it."""
        namespace = app.partition("/")[0]
        if not await self.may(visitor, sees_review(namespace)):
            raise HTTPException(404, NOTHING_HERE)
        if says and not await self.may(visitor, says_verdicts(namespace)):
            way_out = f"ask for the right to create videoapps/reviews in namespace {namespace}"
            raise HTTPException(403, f"you may look at alerts and not judge them; {way_out}")

    def token(self, request: Request) -> str | None:
        """With what somebody logged in, to act as they; None of whom a proxy names."""
        login = self._logins.get(request.cookies.get(_COOKIE, ""))
        return None if login is None else login.token

    async def ask(self, request: Request) -> Response:
        """The page that asks for a token."""
        return self._renderer.page(request, "login.html.j2", problem="")

    async def log_in(self, request: Request) -> Response:
        """Take a token, if it is somebody's."""
        self._limit.check(address_of(request))
        token = (await self._renderer.form(request)).get("kubernetes_token", "").strip()
        visitor = await run_in_threadpool(self._reviews.visitor, token) if _is_token(token) else None
        if visitor is None:
            problem = "The cluster does not know this token; make one with kubectl create token."
            return self._renderer.page(request, "login.html.j2", code=401, problem=problem)
        login = secrets.token_urlsafe(32)
        self._logins[login] = _Login(token, time.monotonic() + _LASTS_S)
        while len(self._logins) > _MOST_LOGINS:
            self._logins.popitem(last=False)
        _log.info("login", extra={"who": visitor.name})
        response = RedirectResponse("/", 303)
        is_secure = self._renderer.is_secure or request.url.scheme == "https"
        response.set_cookie(_COOKIE, login, httponly=True, samesite="strict", secure=is_secure)
        return response

    async def log_out(self, request: Request) -> Response:
        """Forget a login."""
        await self._renderer.form(request)
        self._logins.pop(request.cookies.get(_COOKIE, ""), None)
        response = RedirectResponse("/login", 303)
        response.delete_cookie(_COOKIE)
        return response

    def _logged_in(self, request: Request) -> Visitor | None:
        key = request.cookies.get(_COOKIE, "")
        login = self._logins.get(key)
        if login is None or time.monotonic() >= login.until_s:
            self._logins.pop(key, None)
            return None
        return self._reviews.visitor(login.token)

    def _told_by_proxy(self, request: Request) -> Visitor | None:
        """Whom a trusted proxy names; refuses the same header from anybody else."""
        proxy = self._proxy
        name = "" if proxy is None else request.headers.get(proxy.user_header, "")
        if proxy is None or not name:
            return None
        peer = ip_address(request.client.host) if request.client else None
        if peer is None or not any(peer in network for network in proxy.networks):
            raise HTTPException(403, f"{proxy.user_header} is believed from the proxy alone; come by its address")
        groups = request.headers.get(proxy.groups_header, "").split(",")
        prefixed = tuple(sorted(f"{proxy.user_prefix}{each.strip()}" for each in groups if each.strip()))
        return Visitor(f"{proxy.user_prefix}{name}", (*prefixed, "system:authenticated"))


def _is_token(text: str) -> bool:
    return 0 < len(text) <= _MOST_TOKEN_CHARACTERS and text.isascii() and text.isprintable()
