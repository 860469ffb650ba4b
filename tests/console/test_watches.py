"""What the API server has is listed once, and then passed over by the garbage collector."""

import gc
import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest
from cluster_pages import app, edge_node, stream

from mainstream_console.cluster.api_server import ApiServer
from mainstream_console.cluster.view import ClusterView, Watches

APPS = 50


class _Listed:
    """An API server in which nothing changes."""

    def __init__(self) -> None:
        self.ended = threading.Event()

    def list_all(self, path: str) -> tuple[list[dict[str, Any]], str]:
        of_kind = {"edgenodes": [edge_node()], "videostreams": [stream("plaza")]}
        apps = [app("plaza", f"app-{number}") for number in range(APPS)]
        return of_kind.get(path.rpartition("/")[2], apps), "1"

    def watch(self, path: str, version: str) -> Iterator[tuple[str, dict[str, Any]]]:
        self.ended.wait(30.0)
        yield from ()


@pytest.fixture
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("thawed")
def test_what_is_listed_costs_no_page_a_full_collection() -> None:
    view, api = ClusterView(), _Listed()
    watches, before = Watches(cast(ApiServer, api), view), gc.get_freeze_count()
    watches.start()
    try:
        for _ in range(100):
            if gc.get_freeze_count() > before + APPS:
                break
            threading.Event().wait(0.1)
        assert gc.get_freeze_count() > before + APPS
        assert watches.is_filled
        assert len(view.apps) == APPS
    finally:
        watches.stop()
        api.ended.set()
