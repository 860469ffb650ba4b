"""Packages are read for one namespace after the other, and those that nobody needs give way."""

import threading
import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from operator_objects import app_body, manifest, typed

from mainstream.api import VideoApp
from mainstream.api.reasons import Reason
from mainstream.mpackage.manifest import Manifest
from mainstream_operator.observe import packages
from mainstream_operator.observe.fair_queue import MOST_AT_ONCE, FairQueue
from mainstream_operator.observe.package_memory import KEPT_BYTES, has_room, size_bytes
from mainstream_operator.observe.packages import PackageReader
from mainstream_operator.observe.stores import StoreOpener


def app(name: str, namespace: str = "plaza") -> VideoApp:
    body = app_body(name)
    body["metadata"]["namespace"] = namespace
    thing = typed(body)
    assert isinstance(thing, VideoApp)
    return thing


def test_namespaces_take_turns_however_many_keys_one_of_them_has() -> None:
    queue = FairQueue()
    for number in range(1000):
        queue.put("many", str(number))
    queue.put("few", "one")
    taken = [queue.take(), queue.take(), queue.take(), queue.take()]
    assert taken == [("many", "0"), ("few", "one"), ("many", "1"), None]
    queue.done("many")
    assert queue.take() == ("many", "2")


def test_what_is_dropped_or_put_twice_is_taken_never_or_once() -> None:
    queue = FairQueue()
    for key in ("a", "b", "a"):
        queue.put("plaza", key)
    assert queue.drop("plaza", "b")
    assert not queue.drop("plaza", "b")
    assert (queue.take(), queue.take()) == (("plaza", "a"), None)


def test_a_namespace_has_an_equal_part_of_the_memory_and_more_while_others_leave_it() -> None:
    half = KEPT_BYTES // 2
    assert has_room("a", KEPT_BYTES, {})
    assert not has_room("a", 1, {"a": KEPT_BYTES})
    assert has_room("b", half, {"a": KEPT_BYTES})
    assert not has_room("b", half + 1, {"a": KEPT_BYTES})
    assert not has_room("a", 1, {"a": half, "b": half})


class Store:
    """One namespace's, of which somebody reads as long as it is wanted."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.wanted: Callable[[], bool] = lambda: True

    def while_wanted(self, wanted: Callable[[], bool]) -> "Store":
        self.wanted = wanted
        return self


class Stores:
    """Packages of a store that answers when it is let, and of one that never does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.let = threading.Event()
        self.read: list[str] = []
        self.given_up: list[str] = []
        monkeypatch.setattr(packages, "open_package", self._open)
        self.changed: list[str] = []
        self.reader = PackageReader(cast(StoreOpener, self), self.changed.append)

    def open(self, _url: str, _access: Any, namespace: str) -> Store:
        return Store(namespace)

    def _open(self, store: Store, reference: Any) -> Manifest:
        self.read.append(f"{store.namespace}/{reference.name}")
        if store.namespace == "dripping":
            while store.wanted() and not self.let.wait(0.02):
                pass
            if not store.wanted():
                self.given_up.append(reference.name)
                raise TimeoutError
        return manifest(reference.name)


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Any:
    found = Stores(monkeypatch)
    yield found
    found.let.set()
    found.reader.close()


def eventually(holds: Callable[[], bool]) -> bool:
    deadline_s = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return holds()


def test_stores_that_drip_hold_up_no_other_namespace(stores: Stores) -> None:
    slow = [app(f"slow-{number}", "dripping") for number in range(50)]
    stores.reader.read_all(slow, "n1")
    start_s = time.monotonic()
    assert eventually(lambda: stores.reader.read_all([app("crossing")], "n2")["plaza/crossing"].manifest is not None)
    assert time.monotonic() - start_s < 5
    assert len([each for each in stores.read if each.startswith("dripping/")]) == MOST_AT_ONCE


def test_what_was_deleted_before_its_turn_is_not_read(stores: Stores) -> None:
    stores.reader.read_all([app(f"slow-{number}", "dripping") for number in range(50)], "n1")
    stores.reader.read_all([], "n1")
    stores.let.set()
    assert eventually(lambda: stores.reader.read_all([app("crossing")], "n1")["plaza/crossing"].manifest is not None)
    assert len([each for each in stores.read if each.startswith("dripping/")]) == MOST_AT_ONCE


def test_what_is_being_read_for_an_app_that_is_deleted_is_given_up_and_frees_its_reader(stores: Stores) -> None:
    slow = [app(f"slow-{number}", "dripping") for number in range(MOST_AT_ONCE)]
    stores.reader.read_all(slow, "n1")
    assert eventually(lambda: len(stores.read) == MOST_AT_ONCE)
    assert stores.given_up == []
    stores.reader.read_all(slow[:1], "n1")
    assert eventually(lambda: stores.given_up == ["slow-1"])
    after = [*slow[:1], app("slow-9", "dripping")]
    assert eventually(lambda: bool(stores.reader.read_all(after, "n1")) and "dripping/slow-9" in stores.read)
    assert stores.given_up == ["slow-1"]


def test_packages_that_run_stay_whatever_else_is_read(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "SPARE_BYTES", 0)
    assert eventually(lambda: stores.reader.read_all([app("crossing")], "n1")["plaza/crossing"].manifest is not None)
    for number in range(20):
        passing = app(f"passing-{number}")
        assert eventually(lambda one=passing: stores.reader.read_all([one], "n2")[one.key].manifest is not None)
    assert stores.reader.read_all([app("crossing")], "n1")["plaza/crossing"].manifest is not None
    assert stores.read.count("plaza/crossing") == 1
    stores.reader.read_all([app("passing-0")], "n2")
    assert eventually(lambda: stores.read.count("plaza/passing-0") == 2)


def test_a_package_that_finds_no_room_is_refused_alone(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstream_operator.observe.package_memory.KEPT_BYTES", size_bytes(manifest("three")) * 5 // 2)
    asked = [app("one"), app("two"), app("three"), app("four", "other")]

    def states() -> dict[str, Any]:
        return stores.reader.read_all(asked, "n1")

    assert eventually(lambda: not any(each.pending for each in states().values()))
    refused = [key for key, each in states().items() if each.refusal is not None]
    assert 1 <= len(refused) <= 2
    assert all(states()[key].refusal.reason is Reason.PACKAGES_TOO_LARGE for key in refused)
    assert "other/four" not in refused
