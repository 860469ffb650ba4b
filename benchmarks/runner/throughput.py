"""Rows of `make bench-runner` on throughput: the shared stem against whole networks side by side."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from common.harness import QUICK, Report
from common.runner_stage import below, clip_stream, on_core, per_second, pin, pixels, rounds
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream.nn.heads.pool_linear import PoolLinear
from mainstream.nn.network import Network
from mainstream.nn.registry import load_base_network
from mainstream_runner.client import EngineClient
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.calibration import calibrated
from mainstream_runner.line.caller import EngineLine
from mainstream_runner.profiling.synthetic import synthetic_plan
from mainstream_runner.serving.torchserve import TorchServe, torchserve

BASE = "efficientnet-lite0-224"
APPS = 8
FRAMES = 8
"""in one request"""
ROUND_S = 3.0 if QUICK else 10.0
ROUNDS = 3 if QUICK else 5
CORE = 0
Session = Callable[[NDArray[np.uint8]], float]
"""one app on one frame"""


def throughput_rows(report: Report) -> None:
    """All rows of this file."""
    torch.set_num_threads(1)
    network = load_base_network(BASE)
    with tempfile.TemporaryDirectory(prefix="mainstream-bench-") as folder, ExitStack() as opened:
        store, cache = Path(folder) / "store", Path(folder) / "cache"
        calibrated(cache)(network)  # once, before nine engines ask for it
        frozen = [(network.depth, 1000.0)] * APPS
        shared = synthetic_plan(network, store, clip_stream(fps=1000.0), frozen, sharing=True)
        frames = pixels(FRAMES, network.preprocessing.height)
        ours = opened.enter_context(torchserve(cache=cache))
        names = [f"app-{number}" for number in range(APPS)]
        apart = opened.enter_context(torchserve(cache=cache, models=names))
        for server in (ours, apart):
            pin(below(server.guard), [CORE])
        measured = rounds(
            {
                "ours": through_torchserve(opened, ours, shared, store, frames),
                "models": as_models(opened, apart, names, shared, store, frames),
                "openvino": in_turn(openvino_sessions(network, store, shared.apps), frames),
                "onnxruntime": in_turn(onnx_sessions(network, store, shared.apps, Path(folder)), frames),
            },
            ROUNDS,
        )
        _against(report, "as 8 separate TorchServe models", measured["ours"] / measured["models"], 8.9)
        _against(report, "as 8 OpenVINO sessions", measured["ours"] / measured["openvino"], 7.0)
        _against(report, "as 8 ONNX Runtime sessions", measured["ours"] / measured["onnxruntime"], 8.8)
        report.details["frames_x_apps_per_s"] = measured


def _against(report: Report, what: str, ratio: float, target: float) -> None:
    report.row(
        f"8 apps on one stem through TorchServe, {BASE}, against the same {what}",
        f"{ratio:.2f}x",
        f"{target:g}x or more",
        ratio >= target,
    )


def through_torchserve(
    opened: ExitStack,
    server: TorchServe,
    plan: RunnerPlan,
    store: Path,
    frames: Sequence[NDArray[np.uint8]],
    connection: type[EngineClient | EngineLine] = EngineClient,
) -> Callable[[], float]:
    """Two connections keep one engine busy; analysed frames times apps in a second."""
    apps = tuple(app.name for app in plan.apps)
    due = [DueFrame(0, each, apps) for each in frames]
    connections = [opened.enter_context(closing(connection(server.port))) for _ in range(2)]

    def asking(each: EngineClient | EngineLine) -> Callable[[], int]:
        return lambda: sum(map(len, each.score(plan.digest, due)))

    def measure() -> float:
        with closing(EngineClient(server.port)) as client:
            client.load(plan, store)
        return per_second(lambda: 0, ROUND_S, [asking(each) for each in connections])

    return measure


def as_models(
    opened: ExitStack,
    server: TorchServe,
    names: Sequence[str],
    plan: RunnerPlan,
    store: Path,
    frames: Sequence[NDArray[np.uint8]],
) -> Callable[[], float]:
    """One client for each model, each model an engine with one app; all on the core that ours has."""
    asking: list[Callable[[], int]] = []
    for name, app in zip(names, plan.apps, strict=True):
        client = opened.enter_context(closing(EngineClient(server.port, name)))
        alone = plan.model_copy(update={"apps": (app,)})
        client.load(alone, store)
        due = [DueFrame(0, each, (app.name,)) for each in frames]

        def ask(client: EngineClient = client, digest: str = alone.digest, due: list[DueFrame] = due) -> int:
            return sum(map(len, client.score(digest, due)))

        asking.append(ask)
    return lambda: per_second(lambda: 0, ROUND_S, asking)


def in_turn(sessions: Sequence[Session], frames: Sequence[NDArray[np.uint8]]) -> Callable[[], float]:
    """Every session on every frame, in one thread on the core that ours has."""

    def work() -> int:
        for frame in frames:
            for session in sessions:
                session(frame)
        return len(frames) * len(sessions)

    def measure() -> float:
        with on_core(CORE):
            return per_second(work, ROUND_S)

    return measure


class _Whole(nn.Module):
    """An app's own network, pixels to score, put together without the engine."""

    def __init__(self, network: Network, store: Path, app: RunnerApp) -> None:
        super().__init__()
        private = network.trainable_segments(app.branch_point)
        head = PoolLinear(network.feature_channels)
        for module, blob in zip([*private, head], [*(s.blob for s in app.segments), app.head], strict=True):
            module.load_state_dict(load_file(store / "blobs" / blob.sha256))
        self.network = nn.Sequential(network.stem(app.branch_point), *private, head)
        self.mean = torch.tensor(network.preprocessing.mean)
        self.std = torch.tensor(network.preprocessing.std)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        scaled = (pixels.to(torch.float32) - self.mean) / self.std
        logits: torch.Tensor = self.network(scaled.permute(0, 3, 1, 2))
        return torch.sigmoid(logits)


def openvino_sessions(network: Network, store: Path, apps: Sequence[RunnerApp]) -> list[Session]:
    """One compiled model for each app, with the settings that the engine has."""
    core = ov.Core()
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
    example = torch.zeros(1, network.preprocessing.height, network.preprocessing.width, 3, dtype=torch.uint8)
    sessions: list[Session] = []
    models: dict[str, ov.Model] = {}
    for app in apps:
        if app.name not in models:
            whole = _Whole(network, store, app).eval()
            models[app.name] = ov.convert_model(whole, example_input=example, input=[tuple(example.shape)])
        # A model that is compiled again has its weights in memory again.
        request = core.compile_model(models[app.name], "CPU", settings).create_infer_request()

        def run(frame: NDArray[np.uint8], request: ov.InferRequest = request) -> float:
            request.set_input_tensor(ov.Tensor(frame[np.newaxis], shared_memory=True))
            request.infer()
            return float(request.get_output_tensor().data[0])

        sessions.append(run)
    return sessions


def onnx_sessions(network: Network, store: Path, apps: Sequence[RunnerApp], folder: Path) -> list[Session]:
    """One ONNX Runtime session for each app, one thread each."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    example = torch.zeros(1, network.preprocessing.height, network.preprocessing.width, 3, dtype=torch.uint8)
    sessions: list[Session] = []
    for number, app in enumerate(apps):
        path = folder / f"{number}.onnx"
        whole = _Whole(network, store, app).eval()
        torch.onnx.export(whole, (example,), str(path), input_names=["pixels"], dynamo=False)
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

        def run(frame: NDArray[np.uint8], session: Any = session) -> float:
            return float(session.run(None, {"pixels": frame[np.newaxis]})[0][0])

        sessions.append(run)
    return sessions
