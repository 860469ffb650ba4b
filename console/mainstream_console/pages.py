"""Pages on which alerts are reviewed, over one source. Opening a page changes nothing; a POST with our token does."""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from mainstream.errors import MainstreamError
from mainstream.mpackage.stores.store import MissingKeyError, is_key
from mainstream.review.assessment import Assessment
from mainstream.review.tally import KeptForReview
from mainstream.review.words import quality_sentences
from mainstream_console.changes import Changes, TooManyListenersError
from mainstream_console.clips import clip_response, is_there
from mainstream_console.guards import BoundedBody, PostLimit, SafeHeaders, address_of
from mainstream_console.rendering import STATIC, Renderer, failed, told
from mainstream_console.saying import keep_verdict
from mainstream_console.shown import AppRow, alerts_shown, next_frame, row, stretches
from mainstream_console.source import ReviewSource


class Doorkeeper(Protocol):
    """Says who is there."""

    async def admit(self, request: Request, app: str, *, says: bool = False) -> str:
        """Who looks at what an app keeps, or `says` something of it; raises `HTTPException` where nobody may."""
        ...


class OnePerson:
    """Whoever can open the pages of one machine."""

    def __init__(self, who: str) -> None:
        self._who = who

    async def admit(self, request: Request, app: str, *, says: bool = False) -> str:
        """See `Doorkeeper.admit`."""
        return self._who


class ReviewPages:
    """Handlers of what one app keeps for review, and what they share."""

    def __init__(self, source: ReviewSource, doorkeeper: Doorkeeper, renderer: Renderer) -> None:
        self._source = source
        self._doorkeeper = doorkeeper
        self._renderer = renderer
        self._limit = PostLimit()
        self._changes = Changes(source.shelf.count)

    def routes(self, app: str) -> list[BaseRoute]:
        """All of them below the path of an app."""
        return [
            Route(f"{app}/label", self.label),
            Route(f"{app}/alerts/{{alert}}", self.alert),
            Route(f"{app}/pictures/{{name}}", self.picture),
            Route(f"{app}/clips/{{name}}", self.clip),
            Route(f"{app}/changes", self.changes),
            Route(f"{app}/verdicts", self.say, methods=["POST"]),
        ]

    async def shown(self, app: str) -> dict[str, Any]:
        """What an app's own page shows of its review."""
        kept = await self._known(app)
        assessed = await run_in_threadpool(self._assessed, app, kept)
        return {"alerts": alerts_shown(kept), "stretches": stretches(kept), **assessed}

    async def alert(self, request: Request) -> Response:
        """One alert."""
        app, wanted = app_of(request), request.path_params["alert"]
        await self._doorkeeper.admit(request, app)
        shown = next((each for each in alerts_shown(await self._known(app)) if each.id == wanted), None)
        if shown is None:
            raise HTTPException(404, "no such alert is kept; what is too old goes")
        has_clip = shown.clip is not None and await is_there(partial(self._source.shelf.clip, app, shown.clip))
        return self._renderer.page(request, "alert.html.j2", app=app, alert=shown, has_clip=has_clip)

    async def label(self, request: Request) -> Response:
        """The frame that is worth a label most."""
        app = app_of(request)
        await self._doorkeeper.admit(request, app)
        kept = await self._known(app)
        return self._renderer.page(request, "label.html.j2", **await run_in_threadpool(self._assessed, app, kept))

    async def picture(self, request: Request) -> Response:
        """A JPEG of an alert or a frame."""
        app, name = app_of(request), request.path_params["name"]
        await self._doorkeeper.admit(request, app)
        try:
            if not is_key(app):
                raise MissingKeyError("is no app", field="app")
            content = await run_in_threadpool(self._source.shelf.picture, app, name)
        except MissingKeyError as error:
            raise HTTPException(404, error.message) from error
        return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})

    async def clip(self, request: Request) -> Response:
        """An alert's MP4."""
        app, name = app_of(request), request.path_params["name"]
        await self._doorkeeper.admit(request, app)
        await self._known(app)
        return await clip_response(request, partial(self._source.shelf.clip, app, name))

    async def changes(self, request: Request) -> Response:
        """Events that say when something of an app is new."""
        app = app_of(request)
        await self._doorkeeper.admit(request, app)
        await self._known(app)
        try:
            self._changes.admit()
        except TooManyListenersError:
            raise HTTPException(503, "as many pages listen as may; load this one again to see what is new") from None
        return StreamingResponse(self._changes.events(app), media_type="text/event-stream")

    async def say(self, request: Request) -> Response:
        """Take a verdict or a label, and go back to where it was said."""
        app = app_of(request)
        self._limit.check(address_of(request))
        who = await self._doorkeeper.admit(request, app, says=True)
        form = await self._renderer.form(request)
        back = form.pop("back", "")
        kept = await self._known(app)
        await keep_verdict(self._source.shelf, app, who, form, kept)
        goal = f"/apps/{app}/label" if back == "label" else f"/apps/{app}"
        return RedirectResponse(goal, 303)

    async def _known(self, app: str) -> KeptForReview:
        if app not in await run_in_threadpool(self._source.shelf.apps):
            raise HTTPException(404, "nothing is kept of such an app")
        return await run_in_threadpool(self._source.shelf.kept, app)

    def _assessed(self, app: str, kept: KeptForReview) -> dict[str, Any]:
        """What both pages of an app show of its quality; working it out takes some ten milliseconds."""
        assessed = Assessment(kept)
        return {
            "app": row(app, assessed, self._source.predicted(app)),
            "sentences": quality_sentences(assessed),
            "frame": next_frame(assessed),
        }


class LocalPages:
    """The two pages that a run's folder has beside those of its apps."""

    def __init__(self, source: ReviewSource, who: str) -> None:
        self._source = source
        self._renderer = Renderer()
        self._reviews = ReviewPages(source, OnePerson(who), self._renderer)

    def routes(self) -> list[BaseRoute]:
        """All pages."""
        return [
            Route("/", self.apps),
            Route("/apps/{app}", self.app),
            *self._reviews.routes("/apps/{app}"),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]

    async def apps(self, request: Request) -> Response:
        """All apps, with how good they were."""
        return self._renderer.page(request, "apps.html.j2", rows=await run_in_threadpool(self._rows))

    async def app(self, request: Request) -> Response:
        """One app: its alerts, what was said of them, stretches of time."""
        return self._renderer.page(request, "app.html.j2", **await self._reviews.shown(app_of(request)))

    def _rows(self) -> list[AppRow]:
        shelf = self._source.shelf
        return [row(name, Assessment(shelf.kept(name)), self._source.predicted(name)) for name in shelf.apps()]


def make_console(source: ReviewSource, who: str, hosts: list[str]) -> Starlette:
    """The console of one machine; it answers by no other name than `hosts`, so that no other site can lead here."""
    return guarded(LocalPages(source, who).routes(), hosts)


def guarded(routes: list[BaseRoute], hosts: list[str]) -> Starlette:
    """Pages behind what every request and answer goes through."""
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(SafeHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts),
            Middleware(BoundedBody),
        ],
        exception_handlers={HTTPException: told, MainstreamError: failed},
    )


def app_of(request: Request) -> str:
    """Which app a path is about: its name, in a cluster `namespace/name`."""
    parts = request.path_params
    return f"{parts['namespace']}/{parts['app']}" if "namespace" in parts else str(parts["app"])
