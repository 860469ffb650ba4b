"""A cluster's console in a browser: people log in, look at what they may see, and judge alerts."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster_pages import DESK_TOKEN, ClusterConsole, app
from PIL import Image
from review_pages import serious_findings, serving
from screen import NARROW, WIDE, Screen

from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.review.links import app_key, sign_link
from mainstream.review.shelf import ReviewShelf
from mainstream.review.verdicts import AlertVerdict

PLAN = {
    "candidate": "micro-flat-7",
    "kind": "micro",
    "branchPoint": 7,
    "framesPerSecond": 5,
    "votes": 2,
    "threshold": 0.5,
    "predictedF1": 0.84,
    "predictedF1Low": 0.74,
    "predictedF1High": 0.9,
    "sharedWith": 3,
    "why": "A deeper one would share less with three others.",
}
MEASURED = {"at": "2026-01-02T03:04:05Z", "labels": 41, "f1": 0.61, "f1Low": 0.52, "f1High": 0.7}


@pytest.fixture
def address(cluster: ClusterConsole) -> Iterator[str]:
    for picture in cluster.folder.rglob("*.jpg"):
        Image.new("RGB", (384, 288), (90, 120, 140)).save(picture)
    cluster.view.note("VideoApp", app("plaza", plan=PLAN, measured=MEASURED))
    with serving(cluster.pages) as url:
        yield url


def _log_in(page: Any, address: str, token: str) -> None:
    page.goto(f"{address}/")
    page.fill("input[name=kubernetes_token]", token)
    page.click("button:has-text('Log in')")
    page.wait_for_selector("h1:has-text('Apps')")


def test_a_tenant_logs_in_and_judges_an_alert(address: str, cluster: ClusterConsole, screen: Screen) -> None:
    with screen.page() as page:
        _log_in(page, address, "ada-token")
        assert "shop" not in page.inner_text("main")
        page.click("text=plaza/crossing")
        page.wait_for_selector("text=A deeper one would share less")
        assert "0.61 (0.52 to 0.70)" in page.inner_text("main")
        page.fill("input[name=note] >> nth=0", "only rain")
        page.click("button:has-text('Wrong') >> nth=0")
        page.wait_for_selector("text=says ada")
        page.click("button:has-text('Log out')")
        page.wait_for_selector("h1:has-text('Log in')")
    said = ReviewShelf(FolderStore(cluster.folder / "plaza")).kept("crossing").verdicts
    assert [(each.is_right, each.note) for each in said if isinstance(each, AlertVerdict)] == [(False, "only rain")]


def test_all_pages_fit_both_screens_and_axe_finds_nothing_serious(
    address: str, cluster: ClusterConsole, screen: Screen, axe: str
) -> None:
    link = f"/r/{sign_link(app_key(DESK_TOKEN.encode(), 'plaza/crossing', ''), 'plaza/crossing', 'a1', time.time())}"
    pages = {"login": "/login", "apps": "/", "app": "/apps/plaza/crossing", "streams": "/streams", "nodes": "/nodes"}
    pages |= {"node": "/nodes/n1", "link": link, "stream": "/streams/plaza/cam"}
    with screen.page(bypass_csp=True) as page:
        _log_in(page, address, "root-token")
        for name, path in pages.items():
            page.goto(f"{address}{path}")
            assert serious_findings(page, axe) == [], path
            for width, height in (NARROW, WIDE):
                page.set_viewport_size({"width": width, "height": height})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            if os.environ.get("MAINSTREAM_SCREENSHOTS"):
                folder = Path(os.environ["MAINSTREAM_SCREENSHOTS"])
                folder.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=folder / f"cluster-{name}.jpg", type="jpeg", quality=60)
