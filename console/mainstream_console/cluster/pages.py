"""Pages of a cluster: each shows what its visitor may see, and nothing says what there is beyond that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from mainstream.api.dry_run_words import dry_run_sentences
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.mpackage.stores.store import StoreError
from mainstream_console.cluster.access import (
    RememberedReviews,
    Reviews,
    Visitor,
    Wish,
    sees_apps,
    sees_nodes,
    sees_review,
    sees_streams,
)
from mainstream_console.cluster.desk import ClusterShelf, Desk, Plans
from mainstream_console.cluster.doors import NOTHING_HERE, Doors
from mainstream_console.cluster.link_pages import LinkPages
from mainstream_console.cluster.machine_pages import MachinePages
from mainstream_console.cluster.settings import ConsoleSettings
from mainstream_console.cluster.shown import (
    app_line,
    conditions_shown,
    node_line,
    plan_tree,
    stream_line,
)
from mainstream_console.cluster.stream_pages import StreamPages
from mainstream_console.cluster.view import ClusterView
from mainstream_console.cluster.what_if import DryRunAsker, Writer
from mainstream_console.pages import ReviewPages, app_of, guarded
from mainstream_console.rendering import STATIC, Renderer
from mainstream_console.source import ReviewSource

_MOST_NAMESPACES_ASKED = 30
"""for one page; whoever may see all of them is asked for once"""
_WishIn = Callable[[str], Wish]
_Filled = Callable[[], bool]
_Thing = TypeVar("_Thing")


class ClusterPages:
    """Handlers, and what they share."""

    def __init__(
        self, view: ClusterView, desk: Desk, reviews: Reviews, writer: Writer, settings: ConsoleSettings
    ) -> None:
        self._view = view
        self._what_if = DryRunAsker(writer, view)
        self._renderer = Renderer(has_login=True, is_secure=settings.secure_cookies)
        self._doors = Doors(RememberedReviews(reviews), self._renderer, settings.proxy)
        shelf = ClusterShelf(desk, view)
        source = ReviewSource(shelf, lambda app: self._predicted(app))
        self._links = LinkPages(view, shelf, desk, self._renderer)
        self._reviews = ReviewPages(source, self._doors, self._renderer)
        self._machines = MachinePages(shelf, self._doors)
        self._streams = StreamPages(view, shelf, self._doors, self._renderer)
        self._plans = Plans(desk)

    def routes(self) -> list[BaseRoute]:
        """All pages."""
        return [
            Route("/", self.apps),
            Route("/apps/{namespace}/{app}", self.app),
            *self._reviews.routes("/apps/{namespace}/{app}"),
            Route("/apps/{namespace}/{app}/what-if", self.what_if, methods=["POST"]),
            Route("/streams", self.streams),
            Route("/nodes", self.nodes),
            Route("/nodes/{node}", self.node),
            *self._streams.routes(),
            *self._links.routes(),
            *self._machines.routes(),
            *self._doors.routes(),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]

    async def apps(self, request: Request) -> Response:
        """All apps that the visitor may see."""
        visitor = await self._doors.visitor(request)
        seen = await self._namespaces(request, visitor, sees_apps)
        lines = [app_line(app) for app in _of(self._view.apps, seen)]
        return self._renderer.page(request, "cluster_apps.html.j2", rows=lines, namespace=_named(request))

    async def streams(self, request: Request) -> Response:
        """All cameras that the visitor may see."""
        visitor = await self._doors.visitor(request)
        seen = await self._namespaces(request, visitor, sees_streams)
        lines = [stream_line(stream) for stream in _of(self._view.streams, seen)]
        return self._renderer.page(request, "streams.html.j2", rows=lines, namespace=_named(request))

    async def app(self, request: Request) -> Response:
        """One app: what it got and why, how good it is, and its alerts for those who may see them."""
        key = app_of(request)
        namespace = key.partition("/")[0]
        visitor = await self._doors.let(request, sees_apps(namespace))
        app = self._view.apps.get(key)
        if app is None:
            raise HTTPException(404, NOTHING_HERE)
        may_review = await self._doors.may(visitor, sees_review(namespace))
        review, problem = None, ""
        if app.spec.review is not None and may_review:
            try:
                review = await self._reviews.shown(key)
            except StoreError as error:
                # What the API server has is shown, whatever ails the tenant's store.
                problem = str(error)
        return self._renderer.page(
            request,
            "cluster_app.html.j2",
            line=app_line(app),
            status=app.status,
            conditions=conditions_shown(app.status.conditions),
            dry_run=[] if app.status.dry_run is None else dry_run_sentences("It", app.status.dry_run),
            is_kept=app.spec.review is not None,
            may_review=may_review,
            problem=problem,
            review=review,
        )

    async def what_if(self, request: Request) -> Response:
        """What another weight, or other rates, would do for an app."""
        key = app_of(request)
        await self._doors.let(request, sees_apps(key.partition("/")[0]))
        app, token = self._view.apps.get(key), self._doors.token(request)
        form = await self._renderer.form(request)
        if app is None:
            raise HTTPException(404, NOTHING_HERE)
        if token is None:
            raise HTTPException(403, "a dry run is made with a token of yours: log in with one, past the proxy")
        try:
            sentences = await self._what_if.sentences(app, form, token)
        except InvalidInputError as error:
            raise HTTPException(422, str(error)) from error
        weight, rates = (form.get(name, "") for name in ("weight", "rates"))
        return self._renderer.page(request, "what_if.html.j2", app=key, sentences=sentences, weight=weight, rates=rates)

    async def nodes(self, request: Request) -> Response:
        """All nodes, for those who may see all tenants' apps."""
        await self._doors.let(request, sees_nodes())
        on_node: dict[str | None, list[str]] = {}
        for key, app in list(self._view.apps.items()):
            on_node.setdefault(app.status.node, []).append(key)
        lines = [
            node_line(node, [self._view.apps[key] for key in on_node.get(name, []) if key in self._view.apps])
            for name, node in sorted(self._view.nodes.items())
        ]
        return self._renderer.page(request, "nodes.html.j2", rows=lines)

    async def node(self, request: Request) -> Response:
        """One node, and the stem tree as it runs."""
        await self._doors.let(request, sees_nodes())
        name = request.path_params["node"]
        node = self._view.nodes.get(name)
        if node is None:
            raise HTTPException(404, NOTHING_HERE)
        plan, problem = None, ""
        if node.status.plan is not None:
            try:
                plan = await run_in_threadpool(self._plans.of, name, node.status.plan.digest)
            except MainstreamError as error:
                problem = str(error)
        apps = [app for app in list(self._view.apps.values()) if app.status.node == name]
        streams = [each for each in list(self._view.streams.values()) if each.status.node == name]
        return self._renderer.page(
            request,
            "node.html.j2",
            line=node_line(node, apps),
            status=node.status,
            conditions=conditions_shown(node.status.conditions),
            streams=[stream_line(each) for each in sorted(streams, key=lambda each: each.key)],
            tree=() if plan is None else plan_tree(plan),
            problem=problem,
        )

    async def _namespaces(self, request: Request, visitor: Visitor, wish: _WishIn) -> list[str]:
        """Namespaces of which the visitor may see all things of a kind, or the one that the page names."""
        named = _named(request)
        if await self._doors.may(visitor, wish("")):
            return [each for each in self._view.namespaces() if not named or each == named]
        asked = [named] if named else self._view.namespaces()[:_MOST_NAMESPACES_ASKED]
        return [each for each in asked if await self._doors.may(visitor, wish(each))]

    def _predicted(self, key: str) -> tuple[float, float, float] | None:
        app = self._view.apps.get(key)
        return None if app is None or app.status.plan is None else app.status.plan.f1_interval


def make_cluster_console(
    view: ClusterView,
    desk: Desk,
    reviews: Reviews,
    writer: Writer,
    settings: ConsoleSettings,
    *,
    is_filled: _Filled = lambda: True,
) -> Starlette:
    """The console of a cluster; `is_filled` says whether everything was listed, which its readiness asks."""

    async def ready(request: Request) -> Response:
        return PlainTextResponse("ok\n") if is_filled() else PlainTextResponse("not everything was listed yet\n", 503)

    pages = guarded(ClusterPages(view, desk, reviews, writer, settings).routes(), list(settings.hosts))
    # A kubelet asks by the pod's address, which is no name of ours.
    return Starlette(routes=[Route("/healthz", ready), Mount("/", pages)])


def _named(request: Request) -> str:
    """The namespace that a page is about, where it is about one."""
    return request.query_params.get("namespace", "")


def _of(things: Mapping[str, _Thing], namespaces: list[str]) -> Iterator[_Thing]:
    """Those of some namespaces, in order of their keys."""
    wanted = frozenset(namespaces)
    for key, thing in sorted(things.items(), key=lambda pair: pair[0]):
        if key.partition("/")[0] in wanted:
            yield thing
