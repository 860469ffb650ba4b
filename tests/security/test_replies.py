"""Servers that never stop, answer a byte at a time, or send whoever asks elsewhere."""

import pytest
from attackers import (
    Answer,
    Attacker,
    Start,
    at_most,
    dripping,
    dripping_headers,
    endless,
    failing,
    listing_for_ever,
    redirecting,
)
from kubernetes import client

from mainstream.api.store_access import StoreAccess
from mainstream.hosts import s3_connections
from mainstream.hosts.bounded_reading import read_bounded
from mainstream.hosts.rules import HostRules
from mainstream.mpackage.stores import s3_store
from mainstream.mpackage.stores.s3_client import S3Keys, s3_client
from mainstream.mpackage.stores.s3_store import S3Store
from mainstream.mpackage.stores.store import StoreError, StoreUnreachableError
from mainstream_operator import kube as kube_module
from mainstream_operator.kube import Kube
from mainstream_operator.observe.runner_client import RunnerClient

KEYS = S3Keys("key-of-a-test", "word-of-a-test")
SOON_S = 10.0


def store(attacker: Attacker) -> S3Store:
    return S3Store("s3://packages/plaza", s3_client(StoreAccess(endpoint=attacker.url), KEYS, None))


def judged(attacker: Attacker) -> S3Store:
    """As an operator reads it: whose store it is may be anybody's."""
    rules = HostRules(allowed=("127.0.0.1",))
    return S3Store("s3://packages/plaza", s3_client(StoreAccess(endpoint=attacker.url), KEYS, None, rules=rules))


def runner(attacker: Attacker) -> RunnerClient:
    configuration = client.Configuration(host=attacker.url)
    return RunnerClient(Kube.at(configuration), "mainstream", "runner", "token")


def test_an_endless_object_is_read_up_to_what_was_announced(attacker: Start) -> None:
    with at_most(SOON_S), pytest.raises(StoreError, match="more than the 1000 bytes"):
        store(attacker(endless)).read("a/1/manifest.json", 1000)


def test_an_object_that_drips_is_given_up(attacker: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_store, "_SLOW_S", 0.5)
    with at_most(SOON_S), pytest.raises(StoreUnreachableError):
        store(attacker(dripping)).read("a/1/manifest.json", 1000)


def test_an_object_that_drips_is_given_up_as_soon_as_nobody_wants_it(attacker: Start) -> None:
    asked = iter([True, True])
    dripped = store(attacker(dripping)).while_wanted(lambda: next(asked, False))
    with at_most(SOON_S), pytest.raises(StoreUnreachableError):
        dripped.read("a/1/manifest.json", 1000)


def test_a_store_that_sends_elsewhere_is_not_followed(attacker: Start) -> None:
    inside = attacker(endless)
    with at_most(SOON_S), pytest.raises(StoreError):
        store(attacker(redirecting(inside.url))).read("a/1/manifest.json", 1000)
    assert inside.asked == []


@pytest.mark.parametrize("answer", [failing(endless), failing(dripping), dripping_headers])
def test_a_refusal_without_an_end_is_given_up(attacker: Start, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    monkeypatch.setattr(s3_connections, "_ANSWER_S", 0.5)
    monkeypatch.setattr(s3_connections, "_HEADERS_S", 0.5)
    with at_most(2 * SOON_S), pytest.raises(StoreError):
        judged(attacker(answer)).read("a/1/manifest.json", 1000)


@pytest.mark.parametrize("answer", [endless, dripping, listing_for_ever])
def test_a_list_without_an_end_is_given_up(attacker: Start, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    monkeypatch.setattr(s3_connections, "_ANSWER_S", 0.5)
    monkeypatch.setattr(s3_store, "_MOST_NAMES_BYTES", 2 << 20)
    asked = attacker(answer)
    with at_most(2 * SOON_S), pytest.raises(StoreUnreachableError):
        judged(asked).keys("door")
    assert len(asked.asked) <= 6


def test_an_endless_report_is_no_report(attacker: Start) -> None:
    with at_most(2 * SOON_S):
        assert runner(attacker(endless)).report() is None


def test_a_report_that_drips_is_no_report(attacker: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kube_module, "_ANSWER_S", 0.5)
    with at_most(SOON_S):
        assert runner(attacker(dripping)).report() is None


def test_a_runner_that_sends_elsewhere_is_not_followed_with_the_operators_token(attacker: Start) -> None:
    inside = attacker(endless)
    with at_most(SOON_S):
        assert runner(attacker(redirecting(inside.url))).report() is None
    assert inside.asked == []


def test_a_reply_within_its_bounds_is_read_whole() -> None:
    parts = [b"ab", b"c", b""]

    class Reply:
        def read1(self, amount: int, /) -> bytes:
            return parts.pop(0)

    assert read_bounded(Reply(), 3, 1.0) == b"abc"
