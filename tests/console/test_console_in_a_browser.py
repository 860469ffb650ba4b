"""The console as a reviewer uses it: in a browser, by mouse and by keys, and as whoever cannot see well meets it."""

from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from review_pages import APP, HOST, keep_alert, keep_frames, serious_findings, serving
from screen import Screen

from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.review.shelf import ReviewShelf
from mainstream.review.verdicts import AlertVerdict, FrameLabel
from mainstream_console.pages import make_console
from mainstream_console.source import ReviewSource

CLIP = Path(__file__).parents[2] / "examples/plaza/plaza.mp4"

PLAYED = """new Promise((done, failed) => {
  const video = document.querySelector("video");
  video.addEventListener("seeked", () => done([video.videoWidth, Math.round(video.currentTime)]));
  video.addEventListener("error", () => failed(video.error.message));
  video.muted = true;
  video.play().then(() => { video.currentTime = 60 }, failed);
})"""
"""how wide a clip is, and where its player is after it was asked to go to its first minute"""


@pytest.fixture
def shelf(tmp_path: Path) -> ReviewShelf:
    """Alerts and frames with pictures of the plaza."""
    for number, start_s in enumerate((10.0, 30.0, 41.0), start=1):
        keep_alert(tmp_path, number, start_s)
    keep_frames(tmp_path, [2.0, 20.0, 50.0])
    with av.open(str(CLIP)) as clip:
        frames = clip.decode(video=0)
        for path in sorted((tmp_path / APP).glob("*.jpg")):
            for _ in range(40):
                frame = next(frames)
            frame.to_image().resize((384, 288)).save(path)
    return ReviewShelf(FolderStore(tmp_path))


@pytest.fixture
def address(shelf: ReviewShelf) -> Iterator[str]:
    source = ReviewSource(shelf, {APP: (0.95, 0.9, 0.99)}.get)
    with serving(make_console(source, "ada", [HOST])) as url:
        yield url


def test_the_pages_are_whole_in_a_browser(address: str, screen: Screen) -> None:
    assert APP in screen.show("console", f"{address}/")
    assert "Label frames (3 wait)" in screen.show("console-app", f"{address}/apps/{APP}", height=900)
    assert "Was an event under way?" in screen.show("console-label", f"{address}/apps/{APP}/label", height=900)


def test_an_alerts_clip_plays(address: str, shelf: ReviewShelf, screen: Screen, tmp_path: Path) -> None:
    keep_alert(tmp_path, 3, 50.0, clip=CLIP.read_bytes())
    with screen.page() as page:
        page.goto(f"{address}/apps/{APP}")
        page.click("a:has-text('Clip')")
        page.wait_for_selector("video")
        assert page.evaluate(PLAYED) == [768, 60]


def test_an_alert_that_is_new_shows_by_itself_and_takes_no_note_away(
    address: str, screen: Screen, tmp_path: Path
) -> None:
    with screen.page() as page:
        page.goto(f"{address}/apps/{APP}")
        page.evaluate("document.addEventListener('htmx:sseMessage', () => { document.body.dataset.heard = 1 })")
        page.fill("input[name=note] >> nth=0", "half a no")
        keep_alert(tmp_path, 3, 50.0)
        page.wait_for_selector("body[data-heard]")
        assert page.input_value("input[name=note] >> nth=0") == "half a no"
        page.fill("input[name=note] >> nth=0", "")
        keep_alert(tmp_path, 4, 55.0)
        page.wait_for_selector("b:has-text('55.0 s')")


def test_a_verdict_and_labels_by_mouse_and_by_key_are_kept(address: str, shelf: ReviewShelf, screen: Screen) -> None:
    with screen.page() as page:
        page.goto(f"{address}/")
        page.click(f"text={APP}")
        page.fill("input[name=note] >> nth=0", "only rain")
        page.click("button:has-text('Wrong') >> nth=0")
        page.wait_for_selector("text=says ada")
        page.click("text=Label frames")
        for key, left in (("n", "2 frames wait"), ("e", "1 frame waits"), ("n", "No frame waits")):
            page.wait_for_selector("h1:has-text('Was an event')")
            page.keyboard.press(key)
            page.wait_for_selector(f"text={left}")
    said = shelf.kept(APP).verdicts
    assert [(each.is_right, each.note) for each in said if isinstance(each, AlertVerdict)] == [(False, "only rain")]
    assert sorted(each.is_event for each in said if isinstance(each, FrameLabel)) == [False, False, True]


def test_what_axe_checks_of_pages_finds_nothing_serious(address: str, screen: Screen, axe: str) -> None:
    for path in ("/", f"/apps/{APP}", f"/apps/{APP}/label", f"/apps/{APP}/alerts/a1"):
        with screen.page(bypass_csp=True) as page:
            page.goto(f"{address}{path}")
            assert serious_findings(page, axe) == [], path
