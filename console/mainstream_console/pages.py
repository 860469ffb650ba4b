"""The console's pages and forms, over one source. Opening a page changes nothing; a POST with our token does."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.files.documents import problem_of
from mainstream.mpackage.stores.store import MissingKeyError, is_key
from mainstream.review.assessment import Assessment
from mainstream.review.tally import KeptForReview
from mainstream.review.verdicts import AlertVerdict, FrameLabel, StretchVerdict, Verdict
from mainstream.review.words import quality_sentences
from mainstream_console.changes import Changes, TooManyListenersError
from mainstream_console.guards import BoundedBody, FormTokens, PostLimit, SafeHeaders
from mainstream_console.shown import AppRow, alerts_shown, next_frame, row, stretches
from mainstream_console.source import ReviewSource

_log = logging.getLogger(__name__)
_STATIC = Path(__file__).parent / "static"
_TEMPLATES = Environment(
    loader=PackageLoader("mainstream_console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_SCRIPTS = ("htmx.min.js", "sse.min.js", "console.js")
"""in the order in which they load; the first two are fetched by `make console-assets`, and pages work without them"""


class Pages:
    """Handlers, and what they share."""

    def __init__(self, source: ReviewSource, who: str) -> None:
        """`who` says what is said here: whoever can open these pages is one person, on one machine."""
        self._source = source
        self._who = who
        self._tokens = FormTokens()
        self._limit = PostLimit()
        self._changes = Changes(source.shelf.count)
        self._scripts = [name for name in _SCRIPTS if (_STATIC / name).is_file()]

    def routes(self) -> list[Route | Mount]:
        """All pages."""
        return [
            Route("/", self.apps),
            Route("/apps/{app}", self.app),
            Route("/apps/{app}/label", self.label),
            Route("/apps/{app}/alerts/{alert}", self.alert),
            Route("/apps/{app}/pictures/{name}", self.picture),
            Route("/apps/{app}/changes", self.changes),
            Route("/apps/{app}/verdicts", self.say, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ]

    async def apps(self, request: Request) -> Response:
        """All apps, with how good they were."""
        return self._page(request, "apps.html.j2", rows=await run_in_threadpool(self._rows))

    async def app(self, request: Request) -> Response:
        """One app: its alerts, what was said of them, stretches of time."""
        kept = await self._known(request.path_params["app"])
        shown = await run_in_threadpool(self._assessed, request.path_params["app"], kept)
        return self._page(request, "app.html.j2", alerts=alerts_shown(kept), stretches=stretches(kept), **shown)

    async def alert(self, request: Request) -> Response:
        """One alert."""
        name, wanted = request.path_params["app"], request.path_params["alert"]
        shown = next((each for each in alerts_shown(await self._known(name)) if each.id == wanted), None)
        if shown is None:
            raise HTTPException(404, "no such alert is kept; what is too old goes")
        return self._page(request, "alert.html.j2", app=name, alert=shown)

    async def label(self, request: Request) -> Response:
        """The frame that is worth a label most."""
        kept = await self._known(request.path_params["app"])
        shown = await run_in_threadpool(self._assessed, request.path_params["app"], kept)
        return self._page(request, "label.html.j2", **shown)

    async def picture(self, request: Request) -> Response:
        """A JPEG of an alert or a frame."""
        app, name = request.path_params["app"], request.path_params["name"]
        try:
            if not is_key(app):
                raise MissingKeyError("is no app", field="app")
            content = await run_in_threadpool(self._source.shelf.picture, app, name)
        except MissingKeyError as error:
            raise HTTPException(404, error.message) from error
        return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})

    async def changes(self, request: Request) -> Response:
        """Events that say when something of an app is new."""
        app = request.path_params["app"]
        await self._known(app)
        try:
            self._changes.admit()
        except TooManyListenersError:
            raise HTTPException(503, "as many pages listen as may; load this one again to see what is new") from None
        return StreamingResponse(self._changes.events(app), media_type="text/event-stream")

    async def say(self, request: Request) -> Response:
        """Take a verdict or a label, and go back to where it was said."""
        app = request.path_params["app"]
        if not self._limit.allows(request.client.host if request.client else ""):
            raise HTTPException(429, "too many at once; wait a minute")
        form = {name: str(value) for name, value in (await request.form()).items()}
        if not self._tokens.is_ours(request, form.pop("token", "")):
            raise HTTPException(403, "this form is not of this browser's session; load the page again")
        back = form.pop("back", "")
        kept = await self._known(app)
        try:
            verdict = _verdict(app, self._who, form, kept)
        except ValidationError as error:
            problem = error.errors()[0]
            field = ".".join(map(str, problem["loc"])) or "the form"
            raise HTTPException(422, f"{field}: {problem_of(problem)}") from error
        except InvalidInputError as error:
            raise HTTPException(422, str(error)) from error
        await run_in_threadpool(self._source.shelf.say, app, verdict)
        _log.info("verdict", extra={"who": self._who, "app": app, "verdict": verdict.id, "kind": verdict.kind})
        goal = f"/apps/{app}/label" if back == "label" else f"/apps/{app}"
        return RedirectResponse(goal, 303)

    async def _known(self, app: str) -> KeptForReview:
        if app not in await run_in_threadpool(self._source.shelf.apps):
            raise HTTPException(404, "nothing is kept of such an app")
        return await run_in_threadpool(self._source.shelf.kept, app)

    def _rows(self) -> list[AppRow]:
        shelf, predicted = self._source.shelf, self._source.predicted
        return [row(name, Assessment(shelf.kept(name)), predicted.get(name)) for name in shelf.apps()]

    def _assessed(self, app: str, kept: KeptForReview) -> dict[str, Any]:
        """What both pages of an app show of its quality; working it out takes some ten milliseconds."""
        assessed = Assessment(kept)
        return {
            "app": row(app, assessed, self._source.predicted.get(app)),
            "sentences": quality_sentences(assessed),
            "frame": next_frame(assessed),
        }

    def _page(self, request: Request, template: str, **values: Any) -> Response:
        session = self._tokens.session(request)
        token = self._tokens.token(session)
        response = HTMLResponse(_TEMPLATES.get_template(template).render(token=token, scripts=self._scripts, **values))
        self._tokens.keep(response, session, secure=request.url.scheme == "https")
        return response


def make_console(source: ReviewSource, who: str, hosts: list[str]) -> Starlette:
    """The console of one machine; it answers by no other name than `hosts`, so that no other site can lead here."""
    return Starlette(
        routes=Pages(source, who).routes(),
        middleware=[
            Middleware(SafeHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts),
            Middleware(BoundedBody),
        ],
        exception_handlers={HTTPException: _told, MainstreamError: _failed},
    )


def _verdict(app: str, who: str, form: dict[str, str], kept: KeptForReview) -> Verdict:
    """What a form says; raises `ValidationError` or `InvalidInputError` where that is nothing."""
    common = {"app": app, "who": who, "at_s": time.time(), "note": form.get("note", "")}
    opinion = form.get("opinion", "")
    if opinion in ("right", "wrong"):
        if form.get("alert") not in {each.alert.id for each in kept.alerts}:
            raise InvalidInputError("no such alert is kept", field="alert")
        return AlertVerdict.model_validate({**common, "alert": form["alert"], "is_right": opinion == "right"})
    if opinion in ("event", "nothing") and "frame" in form:
        if form["frame"] not in {each.name for each in kept.frames}:
            raise InvalidInputError("no such frame is kept", field="frame")
        length_s = form.get("length_s") or None
        return FrameLabel.model_validate(
            {**common, "frame": form["frame"], "is_event": opinion == "event", "length_s": length_s}
        )
    if opinion in ("missed", "nothing"):
        return StretchVerdict.model_validate(
            {**common, "start_s": form.get("start_s"), "end_s": form.get("end_s"), "is_missed": opinion == "missed"}
        )
    raise InvalidInputError("say right, wrong, event, nothing or missed", field="opinion")


def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these alone
    return PlainTextResponse(f"{error.detail}\n", error.status_code)


def _failed(request: Request, error: Exception) -> Response:
    _log.error("%s", error)
    return PlainTextResponse(f"nothing was kept: {error}\n", 502)
