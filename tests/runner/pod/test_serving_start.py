"""TorchServe over the runner's life, without TorchServe."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from mainstream.errors import MainstreamError
from mainstream_runner.pod import serving
from mainstream_runner.pod.serving import Serving


class Java:
    """Stands for a guard."""

    def __init__(self) -> None:
        self.code: int | None = None

    def poll(self) -> int | None:
        return self.code


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    event = threading.Event()

    @contextlib.contextmanager
    def started(port: int, cache: Path) -> Iterator[SimpleNamespace]:
        del cache
        assert event.wait(10)
        yield SimpleNamespace(port=port, guard=Java())

    monkeypatch.setattr(serving, "torchserve", started)
    return event


def runs(tested: Serving) -> bool:
    deadline_s = time.monotonic() + 5
    while not tested.runs and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return tested.runs


def test_nobody_waits_for_torchserve_to_start(go: threading.Event, tmp_path: Path) -> None:
    tested = Serving(tmp_path)
    assert tested.port
    assert not tested.runs
    assert not tested.follow()
    go.set()
    assert runs(tested)
    tested.close()


def test_it_is_started_again_on_its_port_a_few_times(go: threading.Event, tmp_path: Path) -> None:
    go.set()
    tested = Serving(tmp_path)
    port = tested.port
    for restarts in range(3):
        assert runs(tested)
        tested.guard.code = 137  # type: ignore[union-attr]
        assert tested.follow()
        assert (tested.restarts, tested.port) == (restarts + 1, port)
    assert runs(tested)
    tested.guard.code = 137  # type: ignore[union-attr]
    with pytest.raises(MainstreamError, match="container is started anew"):
        tested.follow()


def test_a_start_that_fails_is_told_where_it_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(port: int, cache: Path) -> None:
        raise MainstreamError("install Java", field="java")

    monkeypatch.setattr(serving, "torchserve", fail)
    tested = Serving(tmp_path)
    time.sleep(0.5)
    with pytest.raises(MainstreamError, match="install Java"):
        tested.follow()
