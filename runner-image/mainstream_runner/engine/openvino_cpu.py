"""Runs chains through OpenVINO on the CPU, in single precision, whatever its default on this processor is.

Converting a module takes a quarter of a second and more, compiling a few milliseconds. So each segment's graph is
converted once, with its weights left open (`templates`), and a chain is put together from templates and the weights of
whoever it belongs to. Values are numpy arrays.
"""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import openvino as ov
import torch
from numpy.typing import NDArray
from openvino import opset13 as ops
from torch import fx, nn

from mainstream.nn.preprocessing import Preprocessing
from mainstream_runner.engine.back_end import EngineStep, Prepared
from mainstream_runner.engine.templates import Templates, output_of, replace

_Compiled = dict[int, ov.CompiledModel]
"""by number of frames"""


class OpenVinoCpu:
    """One stream of `threads` threads; what it prepares may be run by several executors, one at a time."""

    name = "openvino"

    def __init__(self, templates: Templates, threads: int = 1) -> None:
        self._core = ov.Core()
        self._templates = templates
        self._settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "ENABLE_CPU_PINNING": False,
        }

    def preprocessing(self, preprocessing: Preprocessing, batch: int) -> Prepared:
        """Compiled: a quarter of what numpy or torch take for it."""
        pixels, network_input = _entered(preprocessing)
        return self._compile(ov.Model([ops.result(network_input)], [pixels]), batch)

    def chain(
        self,
        modules: Sequence[nn.Module],
        shape: tuple[int, ...],
        batch: int,
        preprocessing: Preprocessing | None = None,
    ) -> Prepared:
        """One compiled model from the first segment's input, or from pixels, to the last one's output."""
        example = torch.zeros(1, *shape)
        first: ov.Node | None = None
        end: ov.Output | None = None
        if preprocessing is not None:
            first, end = _entered(preprocessing)
        for module in modules:
            assert isinstance(module, fx.GraphModule)  # noqa: S101 (segments are cut from a traced graph)
            template, example = self._templates.of(module, example)
            value, *weights = template.get_parameters()
            for parameter, tensor in zip(weights, self._templates.weights(module).values(), strict=True):
                replace(parameter, ops.constant(tensor.contiguous().numpy(), shared_memory=True).output(0))
            if end is None:
                first = value
            else:
                replace(value, end)
            end = output_of(template)
        return self._compile(ov.Model([ops.result(end)], [first]), batch)

    def head(self, module: nn.Module) -> Prepared:
        """Run by torch: heads other than linear ones are rare, small, and need not be convertible."""
        return _TorchHead(module.eval().requires_grad_(False))

    def pooled(self, value: NDArray[np.float32]) -> NDArray[np.float32]:
        """As a matrix product, which numpy does faster than a mean over two axes."""
        frames, channels, height, width = value.shape
        ones = np.full(height * width, 1 / (height * width), np.float32)
        return value.reshape(frames, channels, height * width) @ ones

    def numbers(self, value: NDArray[np.float32]) -> NDArray[np.float32]:
        """As it is."""
        return value

    def stack(self, values: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Concatenated."""
        return np.concatenate(values)

    def split(self, value: NDArray[Any]) -> list[NDArray[Any]]:
        """Copies: a result lies in its step's own memory."""
        return np.split(value.copy(), len(value))

    def _compile(self, model: ov.Model, batch: int) -> "_Model":
        compiled = {1: self._core.compile_model(model, "CPU", self._settings)}
        if batch > 1:
            several = model.clone()
            shape = several.input(0).get_partial_shape()
            shape[0] = batch
            several.reshape(shape)
            compiled[batch] = self._core.compile_model(several, "CPU", self._settings)
        return _Model(compiled)


def _entered(preprocessing: Preprocessing) -> tuple[ov.Node, ov.Output]:
    """Pixels, and the network's input that is made of them."""
    pixels = ops.parameter([1, preprocessing.height, preprocessing.width, 3], ov.Type.u8)
    mean, std = (ops.constant(np.array(of, np.float32)) for of in (preprocessing.mean, preprocessing.std))
    scaled = ops.divide(ops.subtract(ops.convert(pixels, ov.Type.f32), mean), std)
    return pixels, ops.transpose(scaled, ops.constant(np.array([0, 3, 1, 2]))).output(0)


class _Model:
    def __init__(self, compiled: _Compiled) -> None:
        self._compiled = compiled

    def step(self) -> EngineStep:
        return _Run(self, self._compiled)


class _Run:
    """Requests of its own on compiled models that others may use as well."""

    def __init__(self, model: _Model, compiled: _Compiled) -> None:
        self._model = model  # kept, so that whoever looks for this model finds it as long as it runs
        self._requests = {frames: each.create_infer_request() for frames, each in compiled.items()}

    def __call__(self, value: NDArray[Any], /) -> NDArray[Any]:
        request = self._requests[len(value)]
        request.set_input_tensor(ov.Tensor(value, shared_memory=True))
        request.infer()
        return cast("NDArray[Any]", request.get_output_tensor().data)


class _TorchHead:
    def __init__(self, module: nn.Module) -> None:
        self._module = module

    def step(self) -> EngineStep:
        return self

    def __call__(self, value: NDArray[np.float32], /) -> NDArray[np.float32]:
        # A copy: the module must not write into, or keep, memory of the step before it.
        return cast("NDArray[np.float32]", self._module(torch.from_numpy(value.copy())).numpy())
