"""Pages as somebody sees them: in Chromium, on a wide and on a narrow screen, with whatever is wrong with them said."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

WIDE, NARROW = (1000, 720), (390, 720)
_TIMEOUT_MS = 20_000
_PICTURES_MS = 5_000
_QUALITY = 60


class Screen:
    """Opens pages; a picture of each is kept in the folder that MAINSTREAM_SCREENSHOTS names."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._pictures = os.environ.get("MAINSTREAM_SCREENSHOTS")

    def show(self, name: str, url: str, *, height: int = WIDE[1]) -> str:
        """The text that can be seen. Fails where something is not loaded, an error is said, or the page is too wide."""
        self._show(name, url, NARROW[0], height, keep=False)
        return self._show(name, url, WIDE[0], height, keep=True)

    @contextmanager
    def page(self, *, bears: str | None = None, **options: Any) -> Iterator[Any]:
        """A page to click on, as playwright has it; whatever is said to be wrong on it fails in the end, but for what
        holds the text `bears`.
        """
        page, wrong = self._open(WIDE, **options)
        yield page
        page.close()
        left = [each for each in wrong if bears is None or bears not in each]
        assert not left, left

    def _show(self, name: str, url: str, width: int, height: int, *, keep: bool) -> str:
        page, wrong = self._open((width, height))
        page.on("requestfailed", lambda request: wrong.append(f"{request.url}: {request.failure}"))
        page.goto(url, wait_until="load")
        reaches = page.evaluate("document.documentElement.scrollWidth")
        missing = _missing_pictures(page)
        text = str(page.inner_text("body"))
        if self._pictures and keep:
            Path(self._pictures).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(self._pictures, f"{name}.jpg"), type="jpeg", quality=_QUALITY)
        page.close()
        assert not wrong, wrong
        assert reaches <= width, f"{name} is {reaches} pixels wide on a screen of {width}"
        assert missing == 0, f"{missing} pictures of {name} do not show"
        return text

    def _open(self, size: tuple[int, int], **options: Any) -> tuple[Any, list[str]]:
        """An empty page, and what will be said to be wrong on it."""
        page = self._browser.new_page(viewport={"width": size[0], "height": size[1]}, **options)
        page.set_default_timeout(_TIMEOUT_MS)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        return page, wrong


def _missing_pictures(page: Any) -> int:
    """How many do not show; what a page loads anew by itself has a while to come."""
    lacking = "[...document.images].filter(each => !each.naturalWidth)"
    with suppress(Exception):
        page.wait_for_function(f"!{lacking}.length", timeout=_PICTURES_MS)
    return int(page.evaluate(f"{lacking}.length"))


@contextmanager
def open_screen() -> Iterator[Screen]:
    """A browser; skips where there is none, saying how to get one."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip("no browser is driven: pip install playwright")
    program = os.environ.get("MAINSTREAM_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no browser: put chromium on PATH (Debian's package) or name it in MAINSTREAM_TEST_CHROMIUM")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=sandbox)
        yield Screen(browser)
        browser.close()
