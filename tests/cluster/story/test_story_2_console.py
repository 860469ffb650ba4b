"""The story on a real cluster, as somebody sees it who judges alerts in a browser; pictures of it are kept."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cluster_stage import TENANT, Stage
from cluster_tools import ROOT, wait_for
from console_story import ConsoleStory, open_console_story
from screen import Screen

from mainstream.review.verdicts import AlertVerdict, FrameLabel, StretchVerdict

LABELS = 10
NOT_YET = "404 (Not Found)"
"""alerts go on while somebody looks, and an alert's picture comes some seconds after it"""
DESK_S = 150.0
PLAYS = """new Promise((done, failed) => {
  const video = document.querySelector("video");
  video.addEventListener("timeupdate", () => video.currentTime > 0 && done(video.videoWidth));
  video.addEventListener("error", () => failed(video.error.message));
  video.muted = true;
  video.play().catch(failed);
})"""
"""how wide a clip is that plays"""

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def console(story: Stage, screen: Screen, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleStory]:
    """The browser comes first: without one the cluster is left as it is."""
    with open_console_story(story, tmp_path_factory.mktemp("console")) as opened:
        yield opened


def test_somebody_logs_in_judges_alerts_and_sees_the_quality_as_measured(console: ConsoleStory, screen: Screen) -> None:
    node, app = console.stage.node, f"{TENANT}/{console.app}"
    with screen.page(bears=NOT_YET) as page:
        page.goto(console.url)
        page.fill("input[name=kubernetes_token]", console.token)
        page.click("button:has-text('Log in')")
        page.wait_for_selector(f"a:has-text('{app}')")
        keep(page, "apps")

        page.click("nav >> text=Nodes")
        page.click(f"a:has-text('{node}')")
        page.wait_for_selector(f"h1:has-text('{node}')")
        reload_until(page, "main:has-text('stem to branch-point')")
        assert app in page.inner_text("main ul")
        keep(page, "node")

        page.goto(f"{console.url}/apps/{app}")
        page.click("a:has-text('Clip') >> nth=0")
        page.wait_for_selector("h1:has-text('Alert at')")
        # The newest alert's clip may still be on its way.
        reload_until(page, "video")
        wide = page.evaluate(PLAYS)
        assert wide == 768, "the camera's own packets"
        keep(page, "alert")
        page.fill("input[name=note]", "a shadow")
        page.click("button:has-text('Wrong')")
        page.wait_for_selector(f"text=says system:serviceaccount:{TENANT}:")
        page.click("article:not(:has-text('says')) >> nth=0 >> button:has-text('Right')")
        page.wait_for_selector(".card .right")

        begin_s = int(time.time()) - 7 * 86400
        page.fill("input[name=start_s]", str(begin_s))
        page.fill("input[name=end_s]", str(begin_s + 4))
        page.click("button:has-text('An event was missed')")
        page.wait_for_selector("li:has-text('an event was missed')")

        page.click("text=Label frames")
        for number in range(LABELS):
            page.wait_for_selector("input[name=frame]", state="attached")
            name = page.get_attribute("input[name=frame]", "value")
            if number == 0:
                keep(page, "label")
            page.keyboard.press("e" if console.is_event(name) else "n")
            page.wait_for_selector(f"input[name=frame][value='{name}']", state="detached")

        page.goto(f"{console.url}/apps/{app}")
        quality = page.inner_text("section[aria-label=Quality]")
        assert "Measured F1" in quality
        assert f"from {LABELS + 3} labels" in quality
        assert "Predicted F1" in quality
        keep(page, "measured")
    said = console.shelf().kept(console.app).verdicts
    assert [each.note for each in said if isinstance(each, AlertVerdict) and not each.is_right] == ["a shadow"]
    labels = {each.frame: each.is_event for each in said if isinstance(each, FrameLabel)}
    assert len(labels) == LABELS
    assert labels == {name: console.is_event(name) for name in labels}
    assert [(each.start_s, each.is_missed) for each in said if isinstance(each, StretchVerdict)] == [(begin_s, True)]


def test_the_link_of_an_alert_that_was_sent_opens_it_without_a_login(console: ConsoleStory, screen: Screen) -> None:
    kept = {each.alert.id for each in console.shelf().kept(console.app).alerts}
    sent = [each for each in console.stage.outside.received.of(f"{TENANT}/{console.app}") if each["id"] in kept]
    links = [each["review_url"] for each in sent if "review_url" in each]
    assert links
    with screen.page(bears=NOT_YET) as page:
        page.goto(f"{console.url}{urlsplit(links[-1]).path}")
        reload_until(page, f"h1:has-text('{TENANT}/{console.app}: alert at')")
        keep(page, "link")


def reload_until(page: Any, selector: str) -> None:
    """Until something is on the page: a console that is new has the desk's token once its kubelet has looked at the
    Secret again, within a minute.
    """

    def shows() -> bool:
        page.reload()
        return bool(page.locator(selector).count())

    try:
        wait_for(selector, shows, DESK_S, 2)
    except AssertionError as error:
        raise AssertionError(f"{error}; the page says {page.inner_text('main')}") from None


def keep(page: Any, name: str) -> None:
    """A picture of what is seen, for the docs."""
    folder = Path(os.environ.get("MAINSTREAM_SCREENSHOTS", ROOT / "out" / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"story-{name}.jpg", type="jpeg", quality=60)
