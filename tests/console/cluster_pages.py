"""Two tenants' apps on one node, the operator's own desk over folders, and browsers of several people."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from review_pages import keep_alert, keep_frames
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mainstream.api import VideoApp
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_console.cluster.access import Visitor, Wish
from mainstream_console.cluster.api_server import ApiServerError
from mainstream_console.cluster.desk import Desk
from mainstream_console.cluster.pages import make_cluster_console
from mainstream_console.cluster.settings import ConsoleSettings
from mainstream_console.cluster.view import ClusterView
from mainstream_operator.kube import Body, Kube
from mainstream_operator.observe.stores import StoreOpener
from mainstream_operator.reviewing.desk import ReviewDesk
from mainstream_operator.reviewing.desk_server import DeskServer

CONSOLE = "https://console.example.org"
DESK_TOKEN = "d" * 32
API = "mainstream.video/v1alpha1"
NAMESPACES = ("plaza", "shop")


class Rights:
    """Who has which token, and may do what: `None` as namespace is all of them. Counts what it is asked."""

    def __init__(self) -> None:
        self.tokens = {"ada-token": Visitor("ada"), "bob-token": Visitor("bob"), "root-token": Visitor("root")}
        tenant = {("get", "videoapps"), ("get", "videostreams"), ("get", "videoapps/reviews")}
        self.may_do = {
            "ada": {(*each, "plaza") for each in tenant | {("create", "videoapps/reviews")}},
            "bob": {(*each, "shop") for each in tenant},
        }
        self.asked = 0

    def visitor(self, token: str) -> Visitor | None:
        self.asked += 1
        return self.tokens.get(token)

    def may(self, visitor: Visitor, wish: Wish) -> bool:
        self.asked += 1
        return visitor.name == "root" or (wish.verb, wish.resource, wish.namespace) in self.may_do.get(
            visitor.name, set()
        )


class DryRuns:
    """An API server that lets ada alone make apps, and an operator that answers them."""

    def __init__(self, view: ClusterView) -> None:
        self._view = view
        self.may_make = {"ada-token"}
        self.made: list[Body] = []
        self.deleted: list[str] = []

    def create(self, path: str, body: Body, token: str) -> None:
        if token not in self.may_make:
            raise ApiServerError(403, "Forbidden")
        self.made.append(body)
        told = {"meanF1Before": 0.8, "meanF1After": 0.78, "admitted": False, "losing": 1, "mostLostF1": 0.04}
        self._view.note("VideoApp", {**body, "status": {"observedGeneration": 1, "dryRun": told}})

    def delete(self, path: str, token: str) -> None:
        self.deleted.append(path)


class _Folders:
    """A tenant's bucket is a folder here."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self, url: str, access: object, namespace: str) -> FolderStore:
        return FolderStore(self._root / namespace)


def app(namespace: str, name: str = "crossing", **status: Any) -> Body:
    """A VideoApp that keeps what is to be reviewed."""
    spec = {"stream": {"name": "cam"}, "package": {"reference": "s3://p/c@1"}, "review": {"prefix": "s3://kept/here"}}
    spec["sinks"] = [{"clips": {"prefix": "s3://kept/clips"}}]
    condition = {"type": "Ready", "status": "True", "reason": "Analysing", "message": f"Frames of {namespace}."}
    told = {"conditions": [{**condition, "lastTransitionTime": "2026-01-02T03:04:05Z"}], "node": "n1", **status}
    return {
        "apiVersion": API,
        "kind": "VideoApp",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
        "status": told,
    }


def stream(namespace: str) -> Body:
    """A camera."""
    spec = {"url": "rtsp://camera/stream", "framesPerSecond": 10, "node": {"name": "n1"}}
    metadata = {"name": "cam", "namespace": namespace}
    return {"apiVersion": API, "kind": "VideoStream", "metadata": metadata, "spec": spec}


def edge_node() -> Body:
    """A node."""
    spec = {"budget": 0.5, "runner": {"cpu": 1, "memoryMebibytes": 1024}}
    return {"apiVersion": API, "kind": "EdgeNode", "metadata": {"name": "n1"}, "spec": spec}


@dataclass
class ClusterConsole:
    """The console, what it knows, and who may do what."""

    view: ClusterView
    rights: Rights
    folder: Path
    browse: Callable[..., TestClient]
    pages: Starlette
    desk: Desk
    writer: "DryRuns"

    def browser(self, token: str = "") -> TestClient:
        """A browser of its own, logged in where a token is named."""
        browser = self.browse()
        if token:
            answer = log_in(browser, token)
            assert answer == 303
        return browser


def form_token(page: str) -> str:
    """As a form of a page holds it."""
    return page.partition('name="token" value="')[2].partition('"')[0]


def log_in(browser: TestClient, token: str) -> int:
    """What logging in is answered with."""
    form = {"token": form_token(browser.get("/login").text), "kubernetes_token": token}
    return browser.post("/login", data=form, follow_redirects=False).status_code


@pytest.fixture(scope="session")
def desk_server() -> Iterator[DeskServer]:
    """One for all tests, each of which puts its own desk there: to end one takes half a second."""
    server = DeskServer(0, cast(ReviewDesk, None), DESK_TOKEN.__eq__, "127.0.0.1")
    yield server
    server.close()


@pytest.fixture
def cluster(tmp_path: Path, desk_server: DeskServer) -> Iterator[ClusterConsole]:
    view, rights = ClusterView(), Rights()
    for namespace in NAMESPACES:
        view.note("VideoApp", app(namespace))
        view.note("VideoStream", stream(namespace))
        keep_alert(tmp_path / namespace, 1, 10.0)
        keep_frames(tmp_path / namespace, [2.0, 20.0])
    view.note("EdgeNode", edge_node())

    def known(key: str) -> VideoApp | None:
        return view.apps.get(key)

    desk_server.desk = ReviewDesk(known, cast(StoreOpener, _Folders(tmp_path)), cast(Kube, None), "system")
    (tmp_path / "token").write_text(DESK_TOKEN, encoding="utf-8")
    desk = Desk(f"http://127.0.0.1:{desk_server.server_port}", tmp_path / "token")
    settings = ConsoleSettings.model_validate(
        {
            "hosts": ["console.example.org", "127.0.0.1"],
            "secureCookies": False,
            "operatorUrl": "http://unused",
            "operatorToken": str(tmp_path / "token"),
            "proxy": {"networks": ["10.1.0.0/16"]},
        }
    )
    writer = DryRuns(view)
    pages = make_cluster_console(view, desk, rights, writer, settings)

    def browse(peer: str = "192.0.2.7") -> TestClient:
        return TestClient(pages, base_url=CONSOLE, client=(peer, 50000), follow_redirects=False)

    yield ClusterConsole(view, rights, tmp_path, browse, pages, desk, writer)
    desk.close()
