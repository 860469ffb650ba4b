"""The console beside a real API server and the operator: who sees what by real roles; verdicts, page to bucket."""

import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import pytest
from api_stage import ApiStage, free_port, open_api_stage
from cluster_tools import MissingToolError, wait_for
from console_stage import (
    SECRET_NAME,
    ConsoleProcess,
    form_token,
    make_platform_team,
    make_tenant,
    open_console,
)
from fleet_run import TENANTS, declare_fleet, wait_planned

from mainstream.messages.alert import AlertMessage
from mainstream.mpackage.stores.s3_store import S3Store
from mainstream.review.objects import KeptAlert, alert_object, encode_object, key_of
from mainstream.review.verdicts import decode_verdict

pytestmark = pytest.mark.timeout(400)
EVERY_S = 0.25
"""a verdict: fewer a minute than one address may say"""
FREE = {"candidate": 0, "rate": 0}


@dataclass
class Scene:
    """Two nodes with apps of two tenants, one of which keeps alerts; the console; who looks at it."""

    stage: ApiStage
    console: ConsoleProcess
    app: str
    others: str
    """name of an app of the other tenant"""
    kept: S3Store


@dataclass
class Judge:
    """Says one verdict after the other, each with a note of its own, and remembers what was answered."""

    scene: Scene
    token: str
    kept: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def wait_for_verdicts(self, more: int) -> None:
        """Until so many more were acknowledged."""
        wanted = len(self.kept) + more
        wait_for("verdicts that are kept", lambda: len(self.kept) >= wanted, 90)

    def wait_for_refusals(self, more: int) -> None:
        """Until so many more were not."""
        wanted = len(self.refused) + more
        wait_for("verdicts that are not", lambda: len(self.refused) >= wanted, 90)

    def judge(self) -> None:
        """Until it is stopped."""
        url = f"{self.scene.console.url}/api/apps/{self.scene.app}/verdicts"
        with httpx.Client(timeout=60, headers={"Authorization": f"Bearer {self.token}"}) as client:
            for number in itertools.count():
                if self.stopped.wait(EVERY_S):
                    return
                said = {"alert": "judged", "opinion": "wrong", "note": f"number {number}"}
                try:
                    status = client.post(url, json=said).status_code
                except httpx.HTTPError:
                    status = 0
                (self.kept if status == 201 else self.refused).append(said["note"])


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("console")
    desk_port = free_port()
    settings = {"consoleSecret": SECRET_NAME, "deskPort": desk_port}
    try:
        with open_api_stage(folder, simulated=2, tenants=TENANTS, settings=settings) as stage:
            apps = declare_fleet(stage, 2, switchingCosts=FREE, budget=0.3)
            first = apps[0]
            first["spec"]["review"] = {"prefix": "s3://packages/kept", "store": first["spec"]["package"]["store"]}
            stage.apply(first)
            stage.operator.start()
            wait_planned(stage, len(apps), 120)
            key = f"{first['metadata']['namespace']}/{first['metadata']['name']}"
            with open_console(stage, folder, desk_port) as console:
                yield Scene(
                    stage, console, key, apps[1]["metadata"]["name"], S3Store("s3://packages/kept", stage.store._client)
                )
    except MissingToolError as missing:
        pytest.skip(str(missing))


def test_people_see_what_their_roles_let_them_see(scene: Scene) -> None:
    theirs, others = TENANTS
    browser = scene.console.browser(make_tenant(scene.stage, theirs, "view"))
    page = browser.get("/").text
    assert f"{theirs}/" in page
    assert f"{others}/" not in page
    for path in (f"/apps/{others}/anything", "/nodes", f"/nodes/{scene.stage.nodes[0]}"):
        assert browser.get(path).status_code == 404, path
    app = browser.get(f"/apps/{scene.app}").text
    assert "videoapps/reviews" in app
    assert "candidate" in app.lower()
    stranger = httpx.get(f"{scene.console.url}/apps/{scene.app}")
    assert (stranger.status_code, stranger.headers["location"]) == (303, "/login")


def test_the_platform_team_sees_the_stem_tree_as_it_runs(scene: Scene) -> None:
    browser = scene.console.browser(make_platform_team(scene.stage))
    assert scene.stage.nodes[1] in browser.get("/nodes").text
    page = wait_for("tree", lambda: _with_tree(browser, scene.stage.nodes[0]), 30)
    assert f"/apps/{scene.app}" in page
    assert "base network bench-net" in page


def keep_alert(scene: Scene, alert: str, *, ago_s: float) -> None:
    """One of the tenant's app that has closed, in the tenant's bucket."""
    start_s = time.time() - ago_s
    told = (start_s, start_s + 5.0, 0.9, 3, scene.stage.nodes[0], "cam", "full")
    kept = KeptAlert(alert=AlertMessage("closed", alert, scene.app, *told), merge_gap_s=4.0)
    scene.kept.put(key_of(scene.app.partition("/")[2], alert_object(kept)), encode_object(kept))


def test_a_verdict_goes_from_a_page_to_the_tenants_bucket(scene: Scene) -> None:
    namespace, name = scene.app.split("/")
    keep_alert(scene, "a1", ago_s=600.0)
    browser = scene.console.browser(make_tenant(scene.stage, namespace, "edit"))
    page = browser.get(f"/apps/{scene.app}").text
    assert "score 0.90" in page
    form = {"token": form_token(page), "alert": "a1", "opinion": "wrong", "note": "only rain"}
    after = browser.post(f"/apps/{scene.app}/verdicts", data=form)
    assert (after.status_code, "only rain" in after.text) == (200, True)
    (verdict,) = scene.kept.keys(f"{name}/verdicts")
    assert b"only rain" in scene.kept.read(verdict, 10_000)
    assert f"system:serviceaccount:{namespace}:person-edit" in scene.console.log.read_text(encoding="utf-8")


def test_a_dry_run_is_made_by_whoever_asks_answered_by_the_operator_and_gone(scene: Scene) -> None:
    namespace = scene.app.partition("/")[0]
    browser = scene.console.browser(make_tenant(scene.stage, namespace, "admin"))
    form = {"token": form_token(browser.get(f"/apps/{scene.app}").text), "weight": "5"}
    answer = browser.post(f"/apps/{scene.app}/what-if", data=form)
    assert answer.status_code == 200, answer.text
    assert "mean F1 is" in answer.text
    names = scene.stage.kubectl("get", "videoapps", "-n", namespace, "-o", "name")
    assert "what-if" not in names
    viewer = scene.console.browser(make_tenant(scene.stage, TENANTS[1], "view"))
    others = f"/apps/{TENANTS[1]}/{scene.others}"
    form = {"token": form_token(viewer.get(others).text), "weight": "5"}
    assert "right to create videoapps" in viewer.post(f"{others}/what-if", data=form).text


def test_no_verdict_that_was_acknowledged_is_lost_while_store_operator_and_console_restart(scene: Scene) -> None:
    namespace, name = scene.app.split("/")
    keep_alert(scene, "judged", ago_s=1200.0)
    judge = Judge(scene, make_tenant(scene.stage, namespace, "edit", who="judge"))
    with ThreadPoolExecutor(1) as pool:
        judging = pool.submit(judge.judge)
        try:
            # The console lists an app's objects anew after some seconds.
            judge.wait_for_verdicts(3)
            for process in (scene.stage.store_process, scene.stage.operator, scene.console):
                process.kill()
                judge.wait_for_refusals(1)
                process.start()
                judge.wait_for_verdicts(5)
        finally:
            judge.stopped.set()
        judging.result(60)
    verdicts = [decode_verdict(scene.kept.read(key, 10_000)) for key in scene.kept.keys(f"{name}/verdicts")]
    there = {each.note for each in verdicts}
    assert set(judge.kept) - there == set()
    assert len(judge.refused) >= 3


def _with_tree(browser: httpx.Client, node: str) -> str:
    page = browser.get(f"/nodes/{node}").text
    return page if "stem to branch-point" in page or "candidate" in page else ""
