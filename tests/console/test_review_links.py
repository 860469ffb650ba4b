"""A review link opens the one alert that it was signed for, for a time, and takes right or wrong of it alone."""

import re
import time

import pytest
from cluster_pages import DESK_TOKEN, ClusterConsole, form_token
from review_pages import JPEG, keep_alert

from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.review.links import VALID_S, app_key, sign_link
from mainstream.review.shelf import ReviewShelf
from mainstream.review.verdicts import AlertVerdict

APP = "plaza/crossing"


def _link(app: str = APP, alert: str = "a1", opened_s: float | None = None, uid: str = "", key: str = "") -> str:
    signing = app_key((key or DESK_TOKEN).encode(), app, uid)
    return f"/r/{sign_link(signing, app, alert, time.time() if opened_s is None else opened_s)}"


def _said(cluster: ClusterConsole, namespace: str = "plaza") -> list[AlertVerdict]:
    verdicts = ReviewShelf(FolderStore(cluster.folder / namespace)).kept("crossing").verdicts
    return [each for each in verdicts if isinstance(each, AlertVerdict)]


def test_it_opens_one_alert_without_a_login_and_takes_a_verdict(cluster: ClusterConsole) -> None:
    browser, link = cluster.browser(), _link()
    before = sorted(cluster.folder.rglob("*"))
    page = browser.get(link)
    assert page.status_code == 200
    assert "plaza/crossing: alert at 10.0 s" in page.text
    assert browser.get(f"{link}/picture").content == JPEG
    # A preview of a chat, or a scanner of mail, opens it as often as it likes.
    assert sorted(cluster.folder.rglob("*")) == before
    form = {"token": form_token(page.text), "opinion": "wrong", "note": "<b>rain</b>"}
    assert browser.post(link, data=form).status_code == 303
    (said,) = _said(cluster)
    assert (said.alert, said.is_right, said.who) == ("a1", False, "review link")
    assert "<b>rain" not in browser.get(link).text


def test_what_it_does_not_name_it_neither_shows_nor_judges(cluster: ClusterConsole) -> None:
    keep_alert(cluster.folder / "plaza", 2, 30.0)
    browser, link = cluster.browser(), _link()
    page = browser.get(link).text
    assert re.search(r"\ba2\b", page) is None
    assert "/apps/" not in page
    assert browser.get("/").status_code == 303
    assert browser.get("/apps/plaza/crossing").status_code == 303
    assert browser.get(f"{link}/picture/19700101T000030Z-a2.jpg").status_code == 404
    token = form_token(page)
    for form in ({"opinion": "missed", "start_s": "1", "end_s": "2"}, {"opinion": "event", "frame": "x"}):
        assert browser.post(link, data={"token": token, **form}).status_code == 422
    assert browser.post(link, data={"token": token, "opinion": "right", "alert": "a2"}).status_code == 303
    assert [each.alert for each in _said(cluster)] == ["a1"]


@pytest.mark.parametrize(
    ("link", "says"),
    [
        (_link(opened_s=time.time() - VALID_S - 1), "older than 14 days"),
        (_link()[:-1] + "A" if not _link().endswith("A") else _link()[:-1] + "B", "opens nothing"),
        (_link(key="another key of sixteen bytes"), "opens nothing"),
        (_link(uid="of-an-app-that-was-deleted"), "opens nothing"),
        (_link(app="shop/never"), "opens nothing"),
        ("/r/x", "opens nothing"),
        (_link(alert="a99"), "not kept"),
    ],
    ids=["expired", "altered", "forged", "made-anew", "no-app", "nonsense", "no-alert"],
)
def test_one_that_is_not_good_is_answered_in_one_sentence(cluster: ClusterConsole, link: str, says: str) -> None:
    answer = cluster.browser().get(link)
    assert answer.status_code == 404
    assert says in answer.text
    assert answer.text.count("\n") == 1


def test_its_clip_is_that_of_its_alert_alone(cluster: ClusterConsole) -> None:
    keep_alert(cluster.folder / "plaza", 2, 30.0, clip=b"of the second")
    browser = cluster.browser()
    second = _link(alert="a2")
    assert f'src="{second}/clip"' in browser.get(second).text
    assert browser.get(f"{second}/clip").content == b"of the second"
    assert browser.get(f"{_link()}/clip").status_code == 404


def test_one_of_another_app_opens_that_apps_alert_alone(cluster: ClusterConsole) -> None:
    (cluster.folder / "shop/crossing/19700101T000010Z-a1.jpg").write_bytes(JPEG + b"shop")
    browser = cluster.browser()
    assert browser.get(f"{_link('shop/crossing')}/picture").content == JPEG + b"shop"
    assert browser.get(f"{_link()}/picture").content == JPEG


def test_a_form_from_elsewhere_and_a_storm_of_them_are_refused(cluster: ClusterConsole) -> None:
    browser, link = cluster.browser(), _link()
    assert browser.post(link, data={"opinion": "wrong"}).status_code == 403
    token = form_token(cluster.browser().get(link).text)
    assert browser.post(link, data={"opinion": "wrong", "token": token}).status_code == 403
    assert _said(cluster) == []
    answers = [browser.post(link, data={"opinion": "wrong"}).status_code for _ in range(12)]
    assert answers[-1] == 429
