"""Lets the tests of this folder step a coordinator."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from coordinator_pod import Engine, Pod

from mainstream_runner.feeder import feeder as feeder_module
from mainstream_runner.pipeline import frame_pipeline


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pod]:
    Engine.may_load, Engine.refused, Engine.asked, Engine.unavailable = threading.Event(), 0, [], {}
    monkeypatch.setattr(frame_pipeline, "EngineClient", Engine)
    monkeypatch.setattr(feeder_module, "EngineLine", Engine)
    made = Pod(tmp_path)
    yield made
    made.coordinator.close()
