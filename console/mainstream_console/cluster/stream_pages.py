"""Pages of cameras: how each is decoded, and the last picture that an app on it kept, for who may see that."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mainstream.api import VideoApp
from mainstream.mpackage.stores.store import StoreError
from mainstream.times import stamped
from mainstream_console.cluster.access import Visitor, sees_apps, sees_review, sees_streams
from mainstream_console.cluster.desk import ClusterShelf
from mainstream_console.cluster.doors import NOTHING_HERE, Doors
from mainstream_console.cluster.shown import app_line, conditions_shown, stream_line
from mainstream_console.cluster.view import ClusterView
from mainstream_console.rendering import Renderer
from mainstream_console.shown import clock

_MOST_APPS_ASKED = 8
"""for their last picture: each costs a list of what it keeps"""


@dataclass(frozen=True)
class LastPicture:
    """The newest one that an app kept."""

    app: str
    name: str
    at_s: float

    @property
    def when(self) -> str:
        """When it was seen."""
        return clock(self.at_s)


class StreamPages:
    """The handler, and what it needs."""

    def __init__(self, view: ClusterView, shelf: ClusterShelf, doors: Doors, renderer: Renderer) -> None:
        self._view = view
        self._shelf = shelf
        self._doors = doors
        self._renderer = renderer

    def routes(self) -> list[BaseRoute]:
        """One camera."""
        return [Route("/streams/{namespace}/{stream}", self.stream)]

    async def stream(self, request: Request) -> Response:
        """How it is, its apps, and what it saw last."""
        namespace = request.path_params["namespace"]
        visitor = await self._doors.let(request, sees_streams(namespace))
        stream = self._view.streams.get(f"{namespace}/{request.path_params['stream']}")
        if stream is None:
            raise HTTPException(404, NOTHING_HERE)
        on_it = sorted((app for app in list(self._view.apps.values()) if app.stream_key == stream.key), key=_key)
        seen = [app for app in on_it if await self._doors.may(visitor, sees_apps(app.metadata.namespace or ""))]
        return self._renderer.page(
            request,
            "stream.html.j2",
            line=stream_line(stream),
            rows=[app_line(app) for app in seen],
            conditions=conditions_shown(stream.status.conditions),
            picture=await self._last_picture(visitor, seen),
        )

    async def _last_picture(self, visitor: Visitor, apps: list[VideoApp]) -> LastPicture | None:
        """Of apps that keep some for review and let the visitor see; a store that is away has none, nor has a name
        that tells no time, as a tenant may put anything there.
        """
        found = []
        for app in [each for each in apps if each.spec.review is not None][:_MOST_APPS_ASKED]:
            if await self._doors.may(visitor, sees_review(app.metadata.namespace or "")):
                with suppress(StoreError, ValueError):
                    name = await run_in_threadpool(self._shelf.last_picture, app.key)
                    found += [] if name is None else [LastPicture(app.key, name, stamped(name))]
        return max(found, key=lambda each: each.at_s, default=None)


def _key(app: VideoApp) -> str:
    return app.key
