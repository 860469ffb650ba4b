"""Rows of `make bench-runner` on throughput: the shared stem against whole networks side by side."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from common.cameras import CORE
from common.harness import QUICK, Report
from common.runner_stage import Served, below, clip_stream, on_core, per_second, pin, pixels, rounds, served
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream.nn.heads.pool_linear import PoolLinear
from mainstream.nn.network import Network
from mainstream_runner.client import EngineClient
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.line.caller import EngineLine
from mainstream_runner.profiling.synthetic import synthetic_plan
from mainstream_runner.serving.torchserve import torchserve

BASE = "efficientnet-lite0-224"
APPS = 8
FRAMES = 8
"""in one request"""
ROUND_S = 3.0 if QUICK else 10.0
ROUNDS = 3 if QUICK else 5
Frames = Sequence[NDArray[np.uint8]]
Session = Callable[[NDArray[np.uint8]], float]
"""one app on one frame"""


def throughput_rows(report: Report) -> None:
    """All rows of this file."""
    names = [f"app-{number}" for number in range(APPS)]
    with served(BASE) as on, torchserve(cache=on.cache, models=names) as apart, ExitStack() as opened:
        shared = synthetic_plan(
            on.network, on.store, clip_stream(fps=1000.0), [(on.network.depth, 1000.0)] * APPS, sharing=True
        )
        frames = pixels(FRAMES, on.network.preprocessing.height)
        for server in (on.server, apart):
            pin(below(server.guard), [CORE])
        wholes = [Whole(on.network, on.store, app) for app in shared.apps]
        clients = {name: opened.enter_context(closing(EngineClient(apart.port, name))) for name in names}
        measured = rounds(
            {
                "ours": through_torchserve(opened, on, shared, frames),
                "models": as_models(clients, shared, on.store, frames),
                "openvino": in_turn([openvino_session(openvino_model(each)) for each in wholes], frames),
                "onnxruntime": in_turn([onnx_session(each, on.folder / "whole.onnx") for each in wholes], frames),
            },
            ROUNDS,
        )
    for theirs, what, target in (
        ("models", "as 8 separate TorchServe models", 8.9),
        ("openvino", "as 8 OpenVINO sessions", 7.0),
        ("onnxruntime", "as 8 ONNX Runtime sessions", 8.8),
    ):
        ratio = measured["ours"] / measured[theirs]
        report.row(
            f"8 apps on one stem through TorchServe, {BASE}, against the same {what}",
            f"{ratio:.2f}x",
            f"{target:g}x or more",
            ratio >= target,
        )
    report.details["frames_x_apps_per_s"] = measured


def through_torchserve(
    opened: ExitStack,
    on: Served,
    plan: RunnerPlan,
    frames: Frames,
    connection: type[EngineClient | EngineLine] = EngineClient,
) -> Callable[[], float]:
    """Two connections keep one engine busy; analysed frames times apps in a second."""
    with closing(EngineClient(on.server.port)) as client:
        client.load(plan, on.store)
    connections = [opened.enter_context(closing(connection(on.server.port))) for _ in range(2)]
    return partial(per_second, ROUND_S, *(_asking(each, plan, frames) for each in connections))


def as_models(clients: dict[str, EngineClient], plan: RunnerPlan, store: Path, frames: Frames) -> Callable[[], float]:
    """One client for each model, each model an engine with the app of its name; all on the core that ours has."""
    asking = []
    for app in plan.apps:
        alone = plan.model_copy(update={"apps": (app,)})
        clients[app.name].load(alone, store)
        asking.append(_asking(clients[app.name], alone, frames))
    return partial(per_second, ROUND_S, *asking)


def _asking(connection: EngineClient | EngineLine, plan: RunnerPlan, frames: Frames) -> Callable[[], int]:
    """Asks for every app's score of every frame."""
    due = [DueFrame(0, each, tuple(app.name for app in plan.apps)) for each in frames]
    return lambda: sum(map(len, connection.score(plan.digest, due)))


def in_turn(sessions: Sequence[Session], frames: Frames) -> Callable[[], float]:
    """Every session on every frame, in one thread on the core that ours has."""

    def work() -> int:
        return len([session(frame) for frame in frames for session in sessions])

    def measure() -> float:
        with on_core(CORE):
            return per_second(ROUND_S, work)

    return measure


class Whole(nn.Module):
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
        self.example = torch.zeros(1, network.preprocessing.height, network.preprocessing.width, 3, dtype=torch.uint8)
        self.eval()

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        scaled = (pixels.to(torch.float32) - self.mean) / self.std
        logits: torch.Tensor = self.network(scaled.permute(0, 3, 1, 2))
        return torch.sigmoid(logits)


def openvino_model(whole: Whole) -> ov.Model:
    """To be compiled."""
    return ov.convert_model(whole, example_input=whole.example, input=[tuple(whole.example.shape)])


def openvino_session(model: ov.Model) -> Session:
    """Compiled with the settings that the engine has; each time with weights of its own in memory."""
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
    request = ov.Core().compile_model(model, "CPU", settings).create_infer_request()

    def run(frame: NDArray[np.uint8]) -> float:
        request.set_input_tensor(ov.Tensor(frame[np.newaxis], shared_memory=True))
        request.infer()
        return float(request.get_output_tensor().data[0])

    return run


def onnx_session(whole: Whole, path: Path) -> Session:
    """By way of a file, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    torch.onnx.export(whole, (whole.example,), str(path), input_names=["pixels"], dynamo=False)
    session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda frame: float(session.run(None, {"pixels": frame[np.newaxis]})[0][0])
