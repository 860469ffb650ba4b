"""Machines say verdicts as JSON with a token of the cluster, by the same rights as people."""

from typing import Any

import pytest
from cluster_pages import ClusterConsole

from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.review.shelf import ReviewShelf
from mainstream.review.verdicts import AlertVerdict, StretchVerdict, Verdict

PATH = "/api/apps/plaza/crossing/verdicts"
ADAS = "ada-token"
WRONG = {"alert": "a1", "opinion": "wrong", "note": "rain"}


def _post(cluster: ClusterConsole, said: Any, token: str = ADAS, path: str = PATH) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = cluster.browser().post(path, json=said, headers=headers)
    assert answer.text.count("\n") == 1
    return answer.status_code, answer.text


def _said(cluster: ClusterConsole, namespace: str = "plaza") -> tuple[Verdict, ...]:
    return ReviewShelf(FolderStore(cluster.folder / namespace)).kept("crossing").verdicts


def test_a_verdict_and_a_stretch_are_kept_and_answered_in_a_sentence(cluster: ClusterConsole) -> None:
    assert _post(cluster, WRONG) == (201, "Kept: wrong, as ada says.\n")
    assert _post(cluster, {"opinion": "missed", "start_s": 60, "end_s": 64.5})[0] == 201
    alert, stretch = sorted(_said(cluster), key=lambda each: each.kind)
    assert isinstance(alert, AlertVerdict)
    assert (alert.alert, alert.is_right, alert.note, alert.who) == ("a1", False, "rain", "ada")
    assert isinstance(stretch, StretchVerdict)
    assert (stretch.start_s, stretch.end_s, stretch.is_missed) == (60.0, 64.5, True)


@pytest.mark.parametrize("token", ["", "guessed", "x" * 9000, "ada token"])
def test_without_a_token_of_the_cluster_nothing_is_taken(cluster: ClusterConsole, token: str) -> None:
    status, text = _post(cluster, WRONG, token)
    assert (status, "Authorization: Bearer TOKEN" in text) == (401, True)
    assert _said(cluster) == ()


def test_the_cookie_of_somebody_who_is_logged_in_is_no_token(cluster: ClusterConsole) -> None:
    assert cluster.browser("ada-token").post(PATH, json=WRONG).status_code == 401
    assert _said(cluster) == ()


def test_rights_are_those_of_a_browser(cluster: ClusterConsole) -> None:
    of_shop = "/api/apps/shop/crossing/verdicts"
    assert _post(cluster, WRONG, "ada-token", of_shop) == (404, "there is nothing here that you may see\n")
    status, text = _post(cluster, WRONG, "bob-token", of_shop)
    assert (status, "right to create videoapps/reviews in namespace shop" in text) == (403, True)
    assert _post(cluster, WRONG, "root-token", "/api/apps/shop/never/verdicts")[0] == 404
    assert _said(cluster, "shop") == ()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"alert": "never", "opinion": "wrong"}, "alert"),
        ({"alert": "a1", "opinion": "perhaps"}, "opinion"),
        ({"alert": "a1"}, "opinion"),
        ({**WRONG, "weight": 2}, "weight"),
        ({"opinion": "missed", "start_s": "soon", "end_s": 3}, "start_s"),
        ([WRONG], "the body"),
    ],
)
def test_what_is_no_verdict_is_answered_with_its_field(cluster: ClusterConsole, said: Any, field: str) -> None:
    status, text = _post(cluster, said)
    assert (status, text.startswith(f"{field}: ")) == (422, True), text
    assert _said(cluster) == ()


def test_a_storm_is_refused(cluster: ClusterConsole) -> None:
    browser = cluster.browser()
    assert browser.post(PATH, json=WRONG).status_code == 401
    # As many come back meanwhile as a minute allows.
    assert any(browser.post(PATH, json=WRONG).status_code == 429 for _ in range(900))
