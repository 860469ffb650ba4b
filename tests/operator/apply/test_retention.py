"""What was kept for review goes once it is older than its tenant wanted, and nothing else does."""

import asyncio
from typing import Any, cast

import pytest
from reviewed_objects import HERE, OneSecret, reviewed_app
from s3_server import S3Server

from mainstream.api import VideoApp
from mainstream.mpackage.stores.s3_store import S3Store
from mainstream.mpackage.stores.store import Store
from mainstream.times import DAY_S, stamp
from mainstream_operator.apply.retention import Retention, keep_tidying
from mainstream_operator.kube import Kube
from mainstream_operator.observe.stores import StoreOpener

NOW_S = 1796000000.0


def _keys(store: Store) -> list[str]:
    return store.keys("crossing") + store.keys("other")


def test_what_is_too_old_goes_with_its_verdicts_and_all_else_stays(server: S3Server) -> None:
    store = server.store("kept")
    old, new = stamp(NOW_S - 8 * DAY_S), stamp(NOW_S - 6 * DAY_S)
    going = [f"crossing/{old[:8]}/{old}-a1.alert.json", f"crossing/verdicts/{old[:8]}/{old}-v1.verdict.json"]
    staying = [f"crossing/{new[:8]}/{new}-a2.jpg", "crossing/of-somebody-else.txt", f"other/{old[:8]}/{old}-a.jpg"]
    for key in (*going, *staying):
        store.put(key, b"x")
    retention = Retention(StoreOpener(cast(Kube, OneSecret()), lambda: HERE))
    app = reviewed_app(server.endpoint, retainDays=7)
    assert retention.tidy([app], NOW_S) == 2
    assert _keys(store) == sorted(staying)
    assert retention.tidy([app], NOW_S) == 0


def test_whatever_a_store_answers_the_apps_that_come_after_are_tidied(
    server: S3Server, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = stamp(NOW_S - 40 * DAY_S)
    server.store("kept").put(f"crossing/{old[:8]}/{old}-a1.jpg", b"x")
    opener = StoreOpener(cast(Kube, OneSecret()), lambda: HERE)
    opened = iter([KeyError("Key"), None])

    def open_it(*asked: Any) -> S3Store:
        if (error := next(opened)) is not None:
            raise error
        return StoreOpener.open(opener, *asked)

    monkeypatch.setattr(opener, "open", open_it)
    assert Retention(opener).tidy([reviewed_app(server.endpoint), reviewed_app(server.endpoint)], NOW_S) == 1
    assert "tidying failed" in caplog.text


def test_a_namespace_whose_stores_are_slow_has_its_turn_and_no_more(server: S3Server) -> None:
    old = stamp(NOW_S - 40 * DAY_S)
    store = server.store("kept")
    keys = [f"crossing/{old[:8]}/{old}-a{number}.jpg" for number in range(4)]
    for key in keys:
        store.put(key, b"x")
    passed_s = iter(range(0, 10_000, 50))
    retention = Retention(StoreOpener(cast(Kube, OneSecret()), lambda: HERE), lambda: float(next(passed_s)))
    assert retention.tidy([reviewed_app(server.endpoint)] * 3, NOW_S) == 2
    assert _keys(store) == keys[2:]


def test_tidying_goes_on_after_an_hour_in_which_it_failed() -> None:
    asked: list[str] = []

    def apps() -> list[VideoApp]:
        asked.append("apps")
        if len(asked) == 1:
            raise KeyError("a bug")
        if len(asked) == 3:
            raise asyncio.CancelledError
        return []

    retention = Retention(StoreOpener(cast(Kube, OneSecret()), lambda: HERE))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(keep_tidying(retention, apps, lambda: True, every_s=0.0))
    assert len(asked) == 3


def test_a_store_that_does_not_answer_costs_its_own_app_alone(
    server: S3Server, caplog: pytest.LogCaptureFixture
) -> None:
    old = stamp(NOW_S - 40 * DAY_S)
    server.store("kept").put(f"crossing/{old[:8]}/{old}-a1.jpg", b"x")
    retention = Retention(StoreOpener(cast(Kube, OneSecret()), lambda: HERE))
    assert retention.tidy([reviewed_app("http://127.0.0.1:9"), reviewed_app(server.endpoint)], NOW_S) == 1
    assert "could not be removed" in caplog.text
