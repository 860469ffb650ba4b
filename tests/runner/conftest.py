"""A real base network, a real clip, a real TorchServe; lets the tests of this folder share `runner_apps`."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import av
import pytest

from mainstream.messages.runner_plan import RunnerPlan, RunnerStream
from mainstream.nn.network import Network
from mainstream.nn.registry import load_base_network
from mainstream_runner.profiling.synthetic import synthetic_micro_plan, synthetic_plan
from mainstream_runner.serving.torchserve import TorchServe, torchserve
from mainstream_runner.serving.worker import CACHE_VARIABLE

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "faults"))

REPOSITORY = Path(__file__).parents[2]
MakePlan = Callable[..., RunnerPlan]


@pytest.fixture(scope="session")
def clip() -> Path:
    shared = os.environ.get("MAINSTREAM_SHARED", REPOSITORY.parent / "shared")
    for path in (REPOSITORY / "examples/plaza/plaza.mp4", Path(shared) / "data/vtest/plaza.mp4"):
        if path.is_file():
            return path
    pytest.skip("the plaza clip is not here")


@pytest.fixture(scope="session")
def pictures(clip: Path) -> list[av.VideoFrame]:
    with av.open(str(clip)) as container:
        return [frame for frame, _ in zip(container.decode(video=0), range(30), strict=False)]


@pytest.fixture(scope="session")
def network() -> Network:
    return load_base_network("efficientnet-lite0")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="session")
def make_plan(network: Network, store: Path, clip: Path) -> MakePlan:
    def make(
        apps: Sequence[tuple[int, float]], *, sharing: bool = True, url: str | None = None, fps: float = 10.0
    ) -> RunnerPlan:
        stream = RunnerStream(name="plaza", url=url or f"file:{clip}", fps=fps, crops={"full": None})
        return synthetic_plan(network, store, stream, apps, sharing=sharing)

    return make


@pytest.fixture(scope="session")
def make_micro_plan(network: Network, store: Path, clip: Path) -> MakePlan:
    """Of apps with micro-heads, each (kind, tap, width) and a rate."""

    def make(apps: Sequence[tuple[str, int, int, float]], *, sharing: bool = True) -> RunnerPlan:
        stream = RunnerStream(name="plaza", url=f"file:{clip}", fps=10.0, crops={"full": None})
        formed = [((kind, tap, width), fps) for kind, tap, width, fps in apps]
        return synthetic_micro_plan(network, store, stream, formed, sharing=sharing)

    return make


@pytest.fixture(scope="session", autouse=True)
def engine_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where every engine of these tests keeps converted graphs: that takes seconds, once a session is enough."""
    folder = tmp_path_factory.mktemp("engine")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(CACHE_VARIABLE, str(folder))
        yield folder


@pytest.fixture(scope="session")
def server(engine_cache: Path) -> Iterator[TorchServe]:
    with torchserve(cache=engine_cache) as running:
        yield running
