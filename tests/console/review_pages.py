"""A shelf as a run leaves it: two alerts of one app, frames of one hour, pictures; and its pages."""

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mainstream.messages.alert import AlertMessage
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.review.objects import (
    DrawnFrame,
    DrawnFrames,
    KeptAlert,
    alert_object,
    encode_object,
    frames_object,
    picture_of_frame,
)
from mainstream.review.shelf import ReviewShelf
from mainstream.times import stamp
from mainstream_console.pages import make_console
from mainstream_console.source import ReviewSource

JPEG = b"\xff\xd8\xff\xd9"
APP = "crossing"
HOST = "127.0.0.1"
_WAIT_S = 20.0


def keep_alert(
    folder: Path, number: int, start_s: float, app: str = APP, picture: str | None = None, clip: bytes = b""
) -> KeptAlert:
    """An alert that has closed; of one with a `clip` the file lies there as well."""
    name = picture or f"{stamp(start_s)}-a{number}.jpg"
    of_clip = f"{stamp(start_s)}-a{number}.mp4" if clip else None
    told = (app, start_s, start_s + 2, 0.9, 3, "here", "plaza", "walkways")
    message = AlertMessage("closed", f"a{number}", *told, clip=of_clip, picture=name)
    kept = KeptAlert(alert=message, merge_gap_s=1.0)
    at = folder / app
    at.mkdir(parents=True, exist_ok=True)
    (at / alert_object(kept)).write_bytes(encode_object(kept))
    if picture is None:
        (at / name).write_bytes(JPEG)
    if of_clip is not None:
        (at / of_clip).write_bytes(clip)
    return kept


def keep_frames(folder: Path, times_s: list[float], app: str = APP) -> DrawnFrames:
    drawn = DrawnFrames(
        frames=tuple(
            DrawnFrame(at_s=at_s, score=0.4, stratum=1 + number % 3, chance=0.01, stands_for_s=10.0)
            for number, at_s in enumerate(times_s)
        )
    )
    (folder / app / frames_object(drawn)).write_bytes(encode_object(drawn))
    for frame in drawn.frames:
        (folder / app / picture_of_frame(frame.at_s, frame.stratum)).write_bytes(JPEG)
    return drawn


@contextmanager
def serving(pages: Starlette) -> Iterator[str]:
    """Where a browser finds these pages."""
    server = uvicorn.Server(uvicorn.Config(pages, host=HOST, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline_s = time.monotonic() + _WAIT_S
    while not server.started:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    yield f"http://{HOST}:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(_WAIT_S)


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core, which looks for what bars people from using a page."""
    folder = tmp_path_factory.mktemp("axe")
    if shutil.which("npm") is None:
        pytest.skip("no npm, which axe-core comes by: install Debian's npm")
    got = subprocess.run(["npm", "pack", "--silent", "axe-core"], cwd=folder, capture_output=True, timeout=120)
    if got.returncode:
        pytest.skip("axe-core cannot be had from npm here")
    (archive,) = folder.glob("axe-core-*.tgz")
    subprocess.run(["tar", "-xzf", archive], cwd=folder, check=True, timeout=60)
    return (folder / "package/axe.min.js").read_text(encoding="utf-8")


def serious_findings(page: Any, axe: str) -> list[tuple[str, str]]:
    """What axe-core finds on a page that is open, by its rule and in its words."""
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(result => result.violations)")
    return [(each["id"], each["help"]) for each in found if each["impact"] in ("serious", "critical")]


@dataclass
class Console:
    """A browser on the pages of one shelf."""

    browser: TestClient
    shelf: ReviewShelf
    folder: Path

    def token(self) -> str:
        """As a form of a page holds it."""
        text = self.browser.get(f"/apps/{APP}").text
        return text.partition('name="token" value="')[2].partition('"')[0]

    def say(self, **form: str) -> int:
        """POST a form with a right token, and say what was answered."""
        answer = self.browser.post(f"/apps/{APP}/verdicts", data={"token": self.token()} | form, follow_redirects=False)
        return answer.status_code


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    keep_alert(tmp_path, 1, 10.0)
    keep_alert(tmp_path, 2, 30.0)
    keep_frames(tmp_path, [2.0, 20.0, 50.0])
    shelf = ReviewShelf(FolderStore(tmp_path))
    source = ReviewSource(shelf, {APP: (0.95, 0.9, 0.99)}.get)
    with TestClient(make_console(source, "ada", [HOST]), base_url=f"http://{HOST}") as browser:
        yield Console(browser, shelf, tmp_path)
