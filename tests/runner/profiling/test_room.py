"""How much memory profiling may take is known before a byte of a base network is read."""

from pathlib import Path
from weakref import WeakSet

import psutil
import pytest
from torch import nn

from mainstream.errors import MainstreamError
from mainstream.nn.architecture import Architecture
from mainstream.nn.network import Network
from mainstream.nn.preprocessing import Preprocessing
from mainstream.nn.registry import declared_bytes
from mainstream.nn.torchvision_networks import vit_b_16
from mainstream_runner.engine.back_end import Prepared
from mainstream_runner.engine.calibration import BackEndChoice, always
from mainstream_runner.engine.torch_eager import TorchEager
from mainstream_runner.profiling.parts import measure_parts
from mainstream_runner.profiling.room import check_room, cuts_at_once, free_memory_bytes, memory_limit_bytes
from mainstream_runner.serving import handler
from mainstream_runner.serving.handler import Handler
from mainstream_runner.wire import MeasureRequest

MEBIBYTE = 1 << 20


def test_what_a_network_weighs_is_known_without_taking_as_much(network: Network) -> None:
    own = sum(tensor.nbytes for segment in network.segments for tensor in segment.state_dict().values())
    assert own <= declared_bytes(network.name) < 2 * own
    before = psutil.Process().memory_info().rss
    assert declared_bytes("vit-b-16") == pytest.approx(330 * MEBIBYTE, rel=0.01)
    assert psutil.Process().memory_info().rss - before < 165 * MEBIBYTE


def test_one_that_does_not_fit_is_refused_with_the_way_out_and_one_that_fits_is_not() -> None:
    with pytest.raises(MainstreamError) as error:
        check_room("vit-b-16", 330 * MEBIBYTE, 1024 * MEBIBYTE)
    assert str(error.value) == (
        "vit-b-16: has 330 MiB of weights, and measuring it takes 1549 MiB where the runner has 1024 left; raise the "
        "EdgeNode's spec.runner.memoryMebibytes, or train from a smaller base network"
    )
    check_room("vit-b-16", 330 * MEBIBYTE, 1549 * MEBIBYTE)


def test_as_many_cuts_as_fit_are_prepared_at_a_time_and_one_at_least() -> None:
    assert cuts_at_once(16, 10.0, 1000) == 16
    assert cuts_at_once(16, 100.0, 1000) == 7
    assert cuts_at_once(16, 1e9, 1000) == 1
    assert cuts_at_once(16, 0.0, 1000) == 16


def test_the_worker_reads_nothing_of_a_base_network_that_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Handler.__new__(Handler)
    asked._choose = always(TorchEager())
    monkeypatch.setattr(handler, "free_memory_bytes", lambda: 100 * MEBIBYTE)
    monkeypatch.setattr(Architecture, "without_weights", lambda self: pytest.fail(f"{self.name} was read"))
    for kind in ("parts", "whole"):
        with pytest.raises(MainstreamError, match="vit-b-16: has 330 MiB of weights"):
            asked._measure(MeasureRequest(kind=kind, base=vit_b_16.name, fps=1.0, seconds=1.0))


@pytest.mark.parametrize(("free_bytes", "most"), [(1 << 40, 8), (1, 2)])
def test_cuts_that_do_not_fit_together_are_let_go_of_before_the_next(free_bytes: int, most: int) -> None:
    convolutions = nn.Sequential(*(nn.Sequential(nn.Conv2d(each, 8, 3), nn.ReLU()) for each in (3, 8, 8, 8)))
    network = Network.cut("small", convolutions, Preprocessing(height=32, width=32, mean=(0,) * 3, std=(1,) * 3))
    assert network.depth == 4
    counting = Counting()
    parts = measure_parts(network, BackEndChoice(counting), 1000.0, 0.01, lambda: free_bytes)
    assert len(parts.stem_s) == len(parts.call_s) == network.depth + 1
    assert min(parts.stem_s[1:]) > 0
    assert counting.most == most


@pytest.mark.parametrize(
    ("folder", "limit", "used", "inactive"),
    [
        (".", "memory.max", "memory.current", "inactive_file"),
        ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ],
)
def test_what_is_free_is_what_the_container_may_still_take(
    tmp_path: Path, folder: str, limit: str, used: str, inactive: str
) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / limit).write_text(f"{64 * MEBIBYTE}\n")
    (tmp_path / folder / used).write_text(f"{40 * MEBIBYTE}\n")
    (tmp_path / folder / "memory.stat").write_text(f"anon 1\n{inactive} {8 * MEBIBYTE}\n")
    assert free_memory_bytes(tmp_path) == 32 * MEBIBYTE
    assert memory_limit_bytes(tmp_path) == 64 * MEBIBYTE
    (tmp_path / folder / used).write_text(f"{80 * MEBIBYTE}\n")
    assert free_memory_bytes(tmp_path) == 0


def test_without_a_limit_it_is_what_the_machine_has(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1\n")
    assert memory_limit_bytes(tmp_path) == psutil.virtual_memory().total
    assert 0 < free_memory_bytes(tmp_path) <= psutil.virtual_memory().total


class Counting(TorchEager):
    """Counts what is prepared of the network at a time, apart from what its memory is measured with."""

    def __init__(self) -> None:
        super().__init__()
        self._alive: WeakSet[Prepared] = WeakSet()
        self.most = 0

    def chain(self, modules: object, shape: object, batch: int, preprocessing: object = None) -> Prepared:
        prepared = super().chain(modules, shape, batch, preprocessing)  # type: ignore[arg-type]
        held = Held(prepared)
        self._alive.add(held)
        self.most = max(self.most, len(self._alive))
        return held


class Held:
    """As long as it is held, or its step is."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared

    def step(self) -> object:
        run = self._prepared.step()
        held = self

        def step(value: object) -> object:
            assert held
            return run(value)

        return step
