"""What a reviewer sees and says; and what pages refuse."""

import json
from pathlib import Path

import pytest
from review_pages import APP, HOST, JPEG, Console, keep_alert, keep_frames
from starlette.testclient import TestClient

from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.review.shelf import ReviewShelf
from mainstream.review.verdicts import AlertVerdict, FrameLabel, StretchVerdict
from mainstream_console.guards import MOST_BODY_BYTES, PostLimit
from mainstream_console.pages import make_console
from mainstream_console.source import ReviewSource, source_of_run


def test_the_first_page_lists_apps_with_what_was_predicted_of_them(console: Console) -> None:
    page = console.browser.get("/").text
    assert f'href="/apps/{APP}"' in page
    assert "0.95 (0.90 to 0.99)" in page


def test_an_alert_is_shown_with_its_picture_and_takes_a_verdict_with_a_note(console: Console) -> None:
    page = console.browser.get(f"/apps/{APP}").text
    assert "10.0 s" in page
    assert console.browser.get(f"/apps/{APP}/pictures/19700101T000010Z-a1.jpg").content == JPEG
    assert console.say(alert="a1", opinion="wrong", note="only rain") == 303
    (said,) = console.shelf.kept(APP).verdicts
    assert isinstance(said, AlertVerdict)
    assert (said.alert, said.is_right, said.note, said.who) == ("a1", False, "only rain", "ada")
    assert "only rain" in console.browser.get(f"/apps/{APP}/alerts/a1").text


def test_opening_any_page_changes_nothing(console: Console) -> None:
    before = sorted(path for path in console.folder.rglob("*"))
    for page in ("/", f"/apps/{APP}", f"/apps/{APP}/label", f"/apps/{APP}/alerts/a1", f"/apps/{APP}/verdicts"):
        console.browser.get(page)
    assert sorted(path for path in console.folder.rglob("*")) == before


def test_frames_are_labelled_one_after_the_other_until_none_waits(console: Console) -> None:
    seen = set()
    for _ in range(3):
        page = console.browser.get(f"/apps/{APP}/label").text
        name = page.partition('name="frame" value="')[2].partition('"')[0]
        assert name
        assert name not in seen
        seen.add(name)
        assert console.say(frame=name, opinion="event", length_s="4", back="label") == 303
    assert "No frame waits" in console.browser.get(f"/apps/{APP}/label").text
    labels = console.shelf.kept(APP).verdicts
    assert {label.length_s for label in labels if isinstance(label, FrameLabel)} == {4.0}


def test_a_stretch_that_was_looked_through_is_kept_and_shown(console: Console) -> None:
    assert console.say(opinion="missed", start_s="60", end_s="64.5") == 303
    (said,) = console.shelf.kept(APP).verdicts
    assert isinstance(said, StretchVerdict)
    assert said.is_missed
    assert "60.0 s to 64.5 s: an event was missed" in console.browser.get(f"/apps/{APP}").text


def test_measured_quality_stands_beside_the_predicted_one_and_says_when_they_part(console: Console) -> None:
    console.say(alert="a1", opinion="wrong")
    console.say(alert="a2", opinion="wrong")
    console.say(opinion="missed", start_s="60", end_s="64")
    page = console.browser.get(f"/apps/{APP}").text
    assert "Measured F1 0.0" in page
    assert "Measured below predicted" in page


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"alert": "never", "opinion": "right"}, "no such alert is kept"),
        ({"frame": "never", "opinion": "event"}, "no such frame is kept"),
        ({"opinion": "perhaps"}, "say right, wrong"),
        ({"opinion": "missed", "start_s": "9", "end_s": "3"}, "ends after it begins"),
        ({"opinion": "missed", "start_s": "soon", "end_s": "3"}, "start_s"),
        ({"alert": "a1", "opinion": "right", "note": "x" * 1001}, "note"),
    ],
)
def test_what_is_no_verdict_is_answered_in_one_sentence_and_kept_nowhere(
    console: Console, form: dict[str, str], says: str
) -> None:
    answer = console.browser.post(f"/apps/{APP}/verdicts", data={"token": console.token()} | form)
    assert answer.status_code == 422
    assert says in answer.text
    assert answer.text.count("\n") == 1
    assert console.shelf.kept(APP).verdicts == ()


def test_a_form_from_elsewhere_is_refused(console: Console) -> None:
    form = {"alert": "a1", "opinion": "right"}
    assert console.browser.post(f"/apps/{APP}/verdicts", data=form).status_code == 403
    token = console.token()
    console.browser.cookies.clear()
    assert console.browser.post(f"/apps/{APP}/verdicts", data=form | {"token": token}).status_code == 403
    assert console.shelf.kept(APP).verdicts == ()


def test_another_host_name_leads_nowhere(console: Console) -> None:
    assert console.browser.get("/", headers={"Host": "evil.example.org"}).status_code == 400
    assert console.browser.get("/", headers={"Host": f"{HOST}:8090"}).status_code == 200


def test_a_post_that_is_large_or_has_no_length_is_refused_unread(console: Console) -> None:
    answer = console.browser.post(f"/apps/{APP}/verdicts", data={"note": "x" * MOST_BODY_BYTES})
    assert answer.status_code == 413
    assert console.browser.post(f"/apps/{APP}/verdicts", content=iter([b"token=x"])).status_code == 413


def test_too_many_posts_are_refused_until_a_minute_has_passed() -> None:
    limit = PostLimit(3)
    assert [limit.allows("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert limit.allows("b", 0.0)
    assert limit.allows("a", 21.0)


@pytest.mark.parametrize("name", ["../secret.jpg", "..%2fsecret.jpg", "%2e%2e/secret.jpg", "x.json", "never.jpg"])
def test_nothing_but_pictures_of_the_app_can_be_had(console: Console, name: str) -> None:
    (console.folder / "secret.jpg").write_bytes(JPEG)
    assert console.browser.get(f"/apps/{APP}/pictures/{name}").status_code == 404


def test_scripts_in_names_and_notes_are_harmless(console: Console) -> None:
    evil = "<script>alert(1)</script>"
    keep_alert(console.folder, 3, 40.0, picture='"><img src=x onerror=alert(1)>')
    console.say(alert="a1", opinion="wrong", note=evil)
    page = console.browser.get(f"/apps/{APP}").text
    assert evil not in page
    assert "&lt;script&gt;" in page
    assert "<img src=x" not in page
    policy = console.browser.get("/").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_damaged_object_costs_itself_alone(console: Console) -> None:
    (console.folder / APP / "19700101T000011Z-a9.alert.json").write_text("{", encoding="utf-8")
    assert console.browser.get(f"/apps/{APP}").status_code == 200


def test_an_app_that_keeps_nothing_is_told(console: Console) -> None:
    assert console.browser.get("/apps/never").status_code == 404
    assert console.browser.get("/apps/..").status_code in (200, 404)


def test_a_disk_that_takes_nothing_says_so_and_nothing_is_acknowledged(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = console.token()
    blocked = console.folder / APP / "verdicts"
    blocked.write_text("a file, where the folder of verdicts would be", encoding="utf-8")
    answer = console.browser.post(
        f"/apps/{APP}/verdicts", data={"token": token, "alert": "a1", "opinion": "right"}, follow_redirects=False
    )
    assert answer.status_code == 502
    assert answer.text.startswith("nothing was kept")


def test_the_folder_of_a_run_is_read_with_what_was_predicted(tmp_path: Path) -> None:
    keep_alert(tmp_path / "clips", 1, 10.0)
    told = {"plan": "0" * 64, "apps": {APP: [0.9, 0.8, 0.95]}}
    (tmp_path / "predicted.json").write_text(json.dumps(told), encoding="utf-8")
    source = source_of_run(tmp_path)
    assert source.shelf.apps() == [APP]
    assert source.predicted(APP) == (0.9, 0.8, 0.95)


def test_a_folder_that_keeps_nothing_is_told_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="--review"):
        source_of_run(tmp_path)


def test_pages_of_a_shelf_without_an_alert_say_so(tmp_path: Path) -> None:
    (tmp_path / APP).mkdir()
    keep_frames(tmp_path, [1.0])
    source = ReviewSource(ReviewShelf(FolderStore(tmp_path)))
    with TestClient(make_console(source, "ada", [HOST]), base_url=f"http://{HOST}") as browser:
        assert "No alert has closed yet" in browser.get(f"/apps/{APP}").text
