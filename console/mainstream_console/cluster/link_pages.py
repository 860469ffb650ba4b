"""What a review link opens: one alert, for whoever has the link, without a login. Opening it changes nothing."""

from __future__ import annotations

import time
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.store import MissingKeyError
from mainstream.review.links import LINKS_PATH, ReviewLink, app_key, open_link
from mainstream.review.tally import KeptForReview
from mainstream_console.clips import clip_response, is_there
from mainstream_console.cluster.desk import ClusterShelf, Desk
from mainstream_console.cluster.view import ClusterView
from mainstream_console.guards import PostLimit
from mainstream_console.rendering import Renderer
from mainstream_console.saying import keep_verdict
from mainstream_console.shown import AlertShown, alerts_shown

_WHO = "review link"
_VERDICTS_PER_MINUTE = 10
"""of one alert"""
_NOT_KEPT = "this alert is not kept: it has not closed yet, or was too old"


class LinkPages:
    """Handlers, and what they share."""

    def __init__(self, view: ClusterView, shelf: ClusterShelf, desk: Desk, renderer: Renderer) -> None:
        self._view = view
        self._shelf = shelf
        self._desk = desk
        self._renderer = renderer
        self._limit = PostLimit(_VERDICTS_PER_MINUTE)

    def routes(self) -> list[BaseRoute]:
        """A page, its picture, its form."""
        return [
            Route(f"{LINKS_PATH}{{link}}", self.show),
            Route(f"{LINKS_PATH}{{link}}", self.say, methods=["POST"]),
            Route(f"{LINKS_PATH}{{link}}/picture", self.picture),
            Route(f"{LINKS_PATH}{{link}}/clip", self.clip),
        ]

    async def show(self, request: Request) -> Response:
        """The alert."""
        link, _, alert = await self._opened(request)
        path = f"{LINKS_PATH}{request.path_params['link']}"
        has_clip = alert.clip is not None and await is_there(partial(self._shelf.clip, link.app, alert.clip))
        return self._renderer.page(request, "link.html.j2", app=link.app, alert=alert, path=path, has_clip=has_clip)

    async def picture(self, request: Request) -> Response:
        """The alert's own picture, and no other."""
        link, _, alert = await self._opened(request)
        try:
            if alert.picture is None:
                raise MissingKeyError("has no picture", field=link.alert)
            content = await run_in_threadpool(self._shelf.picture, link.app, alert.picture)
        except MissingKeyError as error:
            raise HTTPException(404, error.message) from error
        return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})

    async def clip(self, request: Request) -> Response:
        """The alert's own clip, and no other."""
        link, _, alert = await self._opened(request)
        if alert.clip is None:
            raise HTTPException(404, "no clip was made of this alert")
        return await clip_response(request, partial(self._shelf.clip, link.app, alert.clip))

    async def say(self, request: Request) -> Response:
        """Take right or wrong of this alert, and nothing else."""
        link, kept, _ = await self._opened(request)
        self._limit.check(f"{link.app} {link.alert}")
        form = await self._renderer.form(request)
        said = {"alert": link.alert, "opinion": form.get("opinion", ""), "note": form.get("note", "")}
        if said["opinion"] not in ("right", "wrong"):
            raise HTTPException(422, "opinion: say right or wrong")
        await keep_verdict(self._shelf, link.app, _WHO, said, kept)
        return RedirectResponse(request.url.path, 303)

    async def _opened(self, request: Request) -> tuple[ReviewLink, KeptForReview, AlertShown]:
        """What the link opens, as it is kept; raises `HTTPException`."""
        try:
            link = await run_in_threadpool(self._link, request.path_params["link"])
        except InvalidInputError as error:
            raise HTTPException(404, str(error)) from error
        kept = await run_in_threadpool(self._shelf.kept, link.app)
        alert = next((each for each in alerts_shown(kept, {link.alert}) if each.id == link.alert), None)
        if alert is None:
            raise HTTPException(404, _NOT_KEPT)
        return link, kept, alert

    def _link(self, text: str) -> ReviewLink:
        token = self._desk.token()
        return open_link(text, lambda app: self._key(app, token), time.time())

    def _key(self, app: str, token: str) -> bytes | None:
        known = self._view.apps.get(app)
        if known is None or known.spec.review is None or not token:
            return None
        return app_key(token.encode(), app, known.metadata.uid or "")
