"""Whoever is logged in to a cluster's console sees what the cluster lets them see, and says verdicts where they may."""

import logging

import pytest
from cluster_pages import DESK_TOKEN, ClusterConsole, app, form_token, log_in
from review_pages import JPEG, keep_alert

from mainstream.errors import InvalidInputError
from mainstream.messages.review_desk import APPS_PATH
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.mpackage.stores.store import MissingKeyError, StoreUnreachableError
from mainstream.review.objects import PIECE_BYTES, key_of, verdict_object
from mainstream.review.shelf import ReviewShelf
from mainstream.review.verdicts import AlertVerdict, encode_verdict
from mainstream_console.cluster.access import RememberedReviews
from mainstream_console.cluster.view import ClusterView

CLIP = "19700101T000030Z-a2.mp4"
PICTURE = "19700101T000010Z-a1.jpg"
OF_SHOP = (
    "/apps/shop/crossing",
    "/apps/shop/crossing/label",
    "/apps/shop/crossing/alerts/a1",
    f"/apps/shop/crossing/pictures/{PICTURE}",
    f"/apps/shop/crossing/clips/{CLIP}",
    "/apps/shop/crossing/changes",
    "/apps/shop/never",
    "/streams/shop/cam",
    "/streams/plaza/never",
    "/nodes",
    "/nodes/n1",
)


def _said(cluster: ClusterConsole, namespace: str) -> list[AlertVerdict]:
    verdicts = ReviewShelf(FolderStore(cluster.folder / namespace)).kept("crossing").verdicts
    return [each for each in verdicts if isinstance(each, AlertVerdict)]


def test_nobody_who_is_not_logged_in_sees_anything_but_the_login(cluster: ClusterConsole) -> None:
    browser = cluster.browser()
    for path in ("/", "/streams", *OF_SHOP):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/login"), path
        assert "crossing" not in answer.text
    assert log_in(browser, "guessed") == 401
    assert browser.get("/").status_code == 303
    assert browser.get("/healthz").text == "ok\n"


def test_a_tenant_sees_its_own_namespace_on_every_page_and_no_other(cluster: ClusterConsole) -> None:
    browser = cluster.browser("ada-token")
    for path in ("/", "/streams", "/?namespace=shop", "/streams?namespace=shop"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "shop/" not in page.text
        assert ("plaza/" in page.text) == ("namespace" not in path)
    for path in OF_SHOP:
        answer = browser.get(path)
        assert answer.status_code == 404, path
        assert answer.text == "there is nothing here that you may see\n"
    token = form_token(browser.get("/apps/plaza/crossing").text)
    form = {"token": token, "alert": "a1", "opinion": "wrong"}
    assert browser.post("/apps/shop/crossing/verdicts", data=form).status_code == 404
    assert _said(cluster, "shop") == []


def test_an_app_is_shown_with_its_alerts_and_takes_a_verdict_of_whoever_is_logged_in(
    cluster: ClusterConsole, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    browser = cluster.browser("ada-token")
    page = browser.get("/apps/plaza/crossing").text
    assert "Frames of plaza." in page
    assert "Label frames (2 wait)" in page
    assert browser.get(f"/apps/plaza/crossing/pictures/{PICTURE}").content == JPEG
    form = {"token": form_token(page), "alert": "a1", "opinion": "wrong", "note": "<script>rain</script>"}
    assert browser.post("/apps/plaza/crossing/verdicts", data=form).status_code == 303
    (said,) = _said(cluster, "plaza")
    assert (said.app, said.who, said.is_right) == ("plaza/crossing", "ada", False)
    assert "<script>rain" not in browser.get("/apps/plaza/crossing").text
    (line,) = [each for each in caplog.records if each.getMessage() == "verdict"]
    assert (line.__dict__["who"], line.__dict__["app"]) == ("ada", "plaza/crossing")
    assert "ada-token" not in caplog.text


def test_who_may_look_may_not_judge_by_that(cluster: ClusterConsole) -> None:
    browser = cluster.browser("bob-token")
    form = {"token": form_token(browser.get("/apps/shop/crossing").text), "alert": "a1", "opinion": "wrong"}
    answer = browser.post("/apps/shop/crossing/verdicts", data=form)
    assert answer.status_code == 403
    assert "ask for the right to create videoapps/reviews in namespace shop" in answer.text
    assert _said(cluster, "shop") == []


def test_pictures_take_a_right_of_their_own(cluster: ClusterConsole) -> None:
    cluster.rights.may_do["ada"].discard(("get", "videoapps/reviews", "plaza"))
    browser = cluster.browser("ada-token")
    page = browser.get("/apps/plaza/crossing")
    assert page.status_code == 200
    assert "videoapps/reviews" in page.text
    assert "<img" not in page.text
    assert browser.get(f"/apps/plaza/crossing/pictures/{PICTURE}").status_code == 404


def test_a_form_from_elsewhere_neither_judges_nor_logs_in_or_out(cluster: ClusterConsole) -> None:
    browser = cluster.browser("ada-token")
    stranger = form_token(cluster.browser("ada-token").get("/apps/plaza/crossing").text)
    for path in ("/apps/plaza/crossing/verdicts", "/login", "/logout"):
        for token in ("", stranger):
            form = {"token": token, "alert": "a1", "opinion": "wrong", "kubernetes_token": "ada-token"}
            assert browser.post(path, data=form).status_code == 403, path
    assert browser.get("/").status_code == 200
    assert _said(cluster, "plaza") == []


def test_a_token_that_is_withdrawn_opens_nothing_after_a_minute_and_a_logout_ends_it_at_once(
    cluster: ClusterConsole,
) -> None:
    browser = cluster.browser("ada-token")
    token = form_token(browser.get("/").text)
    assert browser.post("/logout", data={"token": token}).status_code == 303
    assert browser.get("/").status_code == 303
    now_s = 0.0
    remembered = RememberedReviews(cluster.rights, lambda: now_s)
    assert remembered.visitor("ada-token") is not None
    del cluster.rights.tokens["ada-token"]
    assert remembered.visitor("ada-token") is not None
    now_s = 61.0
    assert remembered.visitor("ada-token") is None


def test_what_the_api_server_is_asked_for_is_asked_once_a_minute(cluster: ClusterConsole) -> None:
    browsers = [cluster.browser("ada-token") for _ in range(5)]
    for browser in browsers:
        browser.get("/")
    before = cluster.rights.asked
    for browser in browsers:
        for _ in range(4):
            assert browser.get("/").status_code == 200
    assert cluster.rights.asked == before


def test_a_proxy_is_believed_by_its_address_and_the_same_header_from_elsewhere_is_refused(
    cluster: ClusterConsole,
) -> None:
    cluster.rights.may_do["oidc:eve"] = {("get", "videoapps", "plaza")}
    header = {"X-Forwarded-User": "eve"}
    assert "plaza/crossing" in cluster.browse("10.1.2.3").get("/", headers=header).text
    answer = cluster.browse("10.2.0.1").get("/", headers=header)
    assert answer.status_code == 403
    assert answer.text == "X-Forwarded-User is believed from the proxy alone; come by its address\n"
    assert cluster.browse("10.1.2.3").get("/", headers={"X-Forwarded-User": "root"}).text.count("crossing") == 0


def test_the_platform_team_sees_nodes_and_all_apps(cluster: ClusterConsole) -> None:
    browser = cluster.browser("root-token")
    page = browser.get("/").text
    assert "plaza/crossing" in page
    assert "shop/crossing" in page
    assert 'href="/nodes/n1"' in browser.get("/nodes").text
    assert "No plan is known." in browser.get("/nodes/n1").text


def test_scripts_in_what_the_cluster_says_are_harmless(cluster: ClusterConsole) -> None:
    evil = "<script>alert(1)</script>"
    condition = {"type": "Ready", "status": "False", "reason": "X", "message": evil}
    told = {**condition, "lastTransitionTime": "2026-01-02T03:04:05Z"}
    cluster.view.note("VideoApp", app("plaza", conditions=[told], node=evil))
    page = cluster.browser("ada-token").get("/apps/plaza/crossing")
    assert evil not in page.text
    assert "unsafe" not in page.headers["content-security-policy"]


def test_a_clip_comes_from_the_apps_own_bucket_piece_by_piece(cluster: ClusterConsole) -> None:
    clip = bytes(range(256)) * 5000
    keep_alert(cluster.folder / "plaza", 2, 30.0, clip=clip)
    keep_alert(cluster.folder / "shop", 2, 30.0, clip=b"of the shop")
    browser = cluster.browser("ada-token")
    path = f"/apps/plaza/crossing/clips/{CLIP}"
    whole = browser.get(path)
    assert (whole.status_code, whole.content == clip, whole.headers["content-type"]) == (200, True, "video/mp4")
    piece = browser.get(path, headers={"Range": "bytes=1000000-"})
    assert (piece.status_code, piece.content == clip[1000000:]) == (206, True)
    assert piece.headers["content-range"] == f"bytes 1000000-{len(clip) - 1}/{len(clip)}"
    first = browser.get(path, headers={"Range": "bytes=0-"})
    assert (first.status_code, len(first.content)) == (206, PIECE_BYTES)
    for name in ("19700101T000030Z-a9.mp4", PICTURE, "..%2fa.mp4", "19700101T000010Z-a1.alert.json"):
        assert browser.get(f"/apps/plaza/crossing/clips/{name}").status_code == 404, name


def test_an_alert_shows_its_clip_and_one_whose_clip_is_gone_says_so(cluster: ClusterConsole) -> None:
    keep_alert(cluster.folder / "plaza", 2, 30.0, clip=b"mp4")
    browser = cluster.browser("ada-token")
    assert f'src="/apps/plaza/crossing/clips/{CLIP}"' in browser.get("/apps/plaza/crossing/alerts/a2").text
    assert "<video" not in browser.get("/apps/plaza/crossing/alerts/a1").text
    (cluster.folder / "plaza/crossing" / CLIP).unlink()
    page = browser.get("/apps/plaza/crossing/alerts/a2").text
    assert "<video" not in page
    assert "Its clip is not there" in page
    assert browser.get(f"/apps/plaza/crossing/clips/{CLIP}").status_code == 404


def test_a_stream_shows_the_last_picture_that_an_app_on_it_kept_to_who_may_see_it(cluster: ClusterConsole) -> None:
    keep_alert(cluster.folder / "plaza", 2, 30.0)
    browser = cluster.browser("ada-token")
    page = browser.get("/streams/plaza/cam").text
    assert '<img class="large" src="/apps/plaza/crossing/pictures/19700101T000030Z-a2.jpg"' in page
    assert "kept, at 30.0 s" in page
    assert 'href="/apps/plaza/crossing"' in page
    assert 'href="/streams/plaza/cam"' in browser.get("/streams").text
    (cluster.folder / "plaza/crossing/zzz.jpg").write_bytes(JPEG)
    (cluster.folder / "plaza/crossing/99999999T999999Z-of-no-time.jpg").write_bytes(JPEG)
    assert cluster.browser("ada-token").get("/streams/plaza/cam").status_code == 200


def test_a_stream_shows_no_picture_to_who_may_not_see_what_apps_keep(cluster: ClusterConsole) -> None:
    cluster.rights.may_do["ada"].discard(("get", "videoapps/reviews", "plaza"))
    page = cluster.browser("ada-token").get("/streams/plaza/cam").text
    assert "<img" not in page
    assert "No app on it keeps pictures that you may see" in page


def test_the_desk_opens_for_the_consoles_token_alone_and_gives_and_takes_nothing_but_reviews(
    cluster: ClusterConsole,
) -> None:
    objects = f"{APPS_PATH}plaza/crossing/objects"
    (cluster.folder / "plaza/crossing/secret.txt").write_text("x", encoding="utf-8")
    for key in ("crossing/secret.txt", "other/19700101T000010Z-a1.jpg", "../shop/crossing/x.jpg"):
        with pytest.raises(MissingKeyError):
            cluster.desk.ask(f"{objects}/{key}")
    of_shop = AlertVerdict(app="shop/crossing", who="ada", at_s=10.0, alert="a1", is_right=True)
    key = key_of("crossing", verdict_object(of_shop))
    for body in (b"{}", encode_verdict(of_shop)):
        with pytest.raises(InvalidInputError):
            cluster.desk.ask(f"{objects}/{key}", body)
    own = of_shop.model_copy(update={"app": "plaza/crossing"})
    with pytest.raises(InvalidInputError):
        cluster.desk.ask(f"{objects}/crossing/verdicts/19700101/another.verdict.json", encode_verdict(own))
    for _ in range(2):
        cluster.desk.ask(f"{objects}/{key}", encode_verdict(own))
    assert len(_said(cluster, "plaza")) == 1
    (cluster.folder / "token").write_text(DESK_TOKEN[:-1], encoding="utf-8")
    with pytest.raises(StoreUnreachableError, match="token"):
        cluster.desk.ask(f"{APPS_PATH}plaza/crossing/keys")


def test_where_the_store_does_not_answer_the_app_is_shown_all_the_same(cluster: ClusterConsole) -> None:
    browser = cluster.browser("ada-token")
    (cluster.folder / "token").write_text("another", encoding="utf-8")
    page = browser.get("/apps/plaza/crossing")
    assert page.status_code == 200
    assert "Frames of plaza." in page.text
    assert "the operator does not know the console&#39;s token yet" in page.text


def test_objects_of_another_version_are_left_out_and_come_back(caplog: pytest.LogCaptureFixture) -> None:
    view = ClusterView()
    view.note("VideoApp", {"metadata": {"name": "crossing", "namespace": "plaza"}, "spec": {"new": 1}})
    assert view.apps == {}
    assert "VideoApp plaza/crossing is of another version" in caplog.text
    view.note("VideoApp", app("plaza"))
    assert list(view.apps) == ["plaza/crossing"]
    view.replace("VideoApp", [app("shop")])
    assert list(view.apps) == ["shop/crossing"]


def test_a_verdict_is_answered_once_it_is_kept_and_told_where_it_could_not_be(cluster: ClusterConsole) -> None:
    browser = cluster.browser("ada-token")
    form = {"token": form_token(browser.get("/apps/plaza/crossing").text), "alert": "a1", "opinion": "wrong"}
    (cluster.folder / "token").write_text("another", encoding="utf-8")
    answer = browser.post("/apps/plaza/crossing/verdicts", data=form)
    assert answer.status_code == 502
    assert answer.text.startswith("nothing was kept: ")
    assert _said(cluster, "plaza") == []
    (cluster.folder / "token").write_text(DESK_TOKEN, encoding="utf-8")
    assert browser.post("/apps/plaza/crossing/verdicts", data=form).status_code == 303
    assert len(_said(cluster, "plaza")) == 1


def test_a_dry_run_is_made_with_the_visitors_own_token_answered_and_taken_away(cluster: ClusterConsole) -> None:
    browser = cluster.browser("ada-token")
    form = {"token": form_token(browser.get("/apps/plaza/crossing").text), "weight": "3", "rates": "1, 2"}
    page = browser.post("/apps/plaza/crossing/what-if", data=form)
    assert "It would not be admitted." in page.text
    assert "mean F1 is 0.800 without it and 0.780 with it" in page.text
    (made,) = cluster.writer.made
    assert (made["spec"]["dryRun"], made["spec"]["objective"]["weight"], made["spec"]["rates"]) == (True, 3.0, [1, 2])
    assert not {"review", "suspend"} & {name for name, value in made["spec"].items() if value}
    assert cluster.writer.deleted == [
        f"/apis/mainstream.video/v1alpha1/namespaces/plaza/videoapps/{made['metadata']['name']}"
    ]
    for wrong in ({"weight": "-1"}, {"rates": "2, 1"}, {"rates": "often"}):
        answer = browser.post("/apps/plaza/crossing/what-if", data={"token": form["token"], **wrong})
        assert (answer.status_code, answer.text.count("\n")) == (422, 1)
    assert len(cluster.writer.made) == 1
    weight_alone = {"token": form["token"], "weight": "2"}
    assert "with weight 2" in browser.post("/apps/plaza/crossing/what-if", data=weight_alone).text


def test_who_may_make_no_apps_asks_for_nothing(cluster: ClusterConsole) -> None:
    browser = cluster.browser("bob-token")
    form = {"token": form_token(browser.get("/apps/shop/crossing").text), "weight": "3"}
    answer = browser.post("/apps/shop/crossing/what-if", data=form)
    assert (answer.status_code, "right to create videoapps in namespace shop" in answer.text) == (422, True)
    assert browser.post("/apps/plaza/crossing/what-if", data=form).status_code == 404
    assert browser.post("/apps/shop/crossing/what-if", data={"weight": "3"}).status_code == 403
    assert cluster.writer.made == []
