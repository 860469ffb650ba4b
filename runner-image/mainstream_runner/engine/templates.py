"""Graphs of segments as OpenVINO has them, with the weights left open; on disk, so that they are converted once.

A template depends on the graph and the shape of its input alone: the base's own weights, a tenant's and another base's
of the same architecture are put into the same one.
"""

import copy
import hashlib
import logging
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import openvino as ov
import torch
from torch import fx, nn

from mainstream.errors import MainstreamError
from mainstream.nn.prefix_hash import graph_text

_log = logging.getLogger(__name__)
_CONVERTED_BY = tuple(version(name) for name in ("torch", "openvino"))
"""read once: it is asked for every segment of every plan"""
_COUNTER = "num_batches_tracked"
"""a buffer that inference never reads"""


class ConversionError(MainstreamError):
    """A segment that OpenVINO can't run; torch does."""


class Templates:
    """Templates in a folder (None: in memory alone) and in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._core = ov.Core()
        self._models: dict[str, ov.Model] = {}

    def of(self, segment: fx.GraphModule, example: torch.Tensor) -> tuple[ov.Model, torch.Tensor]:
        """A template of one's own, and an example of the segment's output for one of its input.

        The template's parameters are the input (1, ...) and the tensors of `weights`, in order. Raises
        `ConversionError` where OpenVINO has no such operation.
        """
        key = _key(segment, example)
        if key not in self._models:
            self._models[key] = self._read(key) or self._convert(key, segment, example)
        model = self._models[key].clone()
        shape = output_of(model).get_partial_shape()
        return model, torch.zeros(*(int(size.get_length()) for size in shape))

    def weights(self, segment: nn.Module) -> Mapping[str, torch.Tensor]:
        """What a template leaves open, by name."""
        return {name: tensor for name, tensor in segment.state_dict().items() if tensor.is_floating_point()}

    def _read(self, key: str) -> ov.Model | None:
        path = None if self._folder is None else self._folder / f"{key}.xml"
        if path is None or not path.is_file():
            return None
        try:
            return self._core.read_model(path)
        except RuntimeError as error:
            _log.warning("%s is converted anew: %s", path.name, error)
            return None

    def _convert(self, key: str, segment: fx.GraphModule, example: torch.Tensor) -> ov.Model:
        weights = self.weights(segment)
        opened = _open(copy.deepcopy(segment).eval(), list(weights))
        inputs = (example, *weights.values())
        try:
            with torch.no_grad():
                traced = torch.jit.trace(  # type: ignore[no-untyped-call]
                    opened, inputs, check_trace=False
                )
            model = ov.convert_model(traced, example_input=inputs, input=[tuple(each.shape) for each in inputs])
        except Exception as error:
            raise ConversionError(f"OpenVINO does not take a segment ({type(error).__name__}: {error})") from error
        if len(model.get_parameters()) != len(inputs):
            raise ConversionError("OpenVINO takes a segment's weights for something else")
        if self._folder is not None:
            self._write(self._folder, key, model)
        return model

    def _write(self, folder: Path, key: str, model: ov.Model) -> None:
        """The file that is looked for comes last; a disk that is full only costs time at the next start."""
        hidden = f".{uuid4().hex}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            ov.save_model(model, folder / f"{hidden}.xml", compress_to_fp16=False)
            for kind in ("bin", "xml"):
                (folder / f"{hidden}.{kind}").replace(folder / f"{key}.{kind}")
        except (OSError, RuntimeError) as error:
            _log.warning("a converted segment could not be kept: %s", error)


def replace(parameter: ov.Node, by: ov.Output) -> None:
    """Feed everything that reads the parameter from somewhere else."""
    for target in parameter.output(0).get_target_inputs():
        target.replace_source_output(by)


def output_of(model: ov.Model) -> ov.Output:
    """What the model's one result reads."""
    return model.get_results()[0].input_value(0)


def _open(segment: fx.GraphModule, names: list[str]) -> object:
    """A function of the input and all weights; the segment's own are replaced at every call."""
    owners = [(segment.get_submodule(name.rpartition(".")[0]), name.rpartition(".")[2]) for name in names]

    def run(value: torch.Tensor, *tensors: torch.Tensor) -> torch.Tensor:
        for (owner, name), tensor in zip(owners, tensors, strict=True):
            # Not by setattr, which takes nothing but parameters for parameters.
            kept: dict[str, object] = owner._parameters if name in owner._parameters else owner._buffers  # type: ignore[assignment]
            kept[name] = tensor
        result: torch.Tensor = segment(value)
        return result

    return run


def _key(segment: fx.GraphModule, example: torch.Tensor) -> str:
    """Identity of a graph, its fixed numbers, its input's shape, and of who converts it."""
    digest = hashlib.sha256(graph_text(segment).encode())
    for name, tensor in sorted(segment.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        if not tensor.is_floating_point() and not name.endswith(_COUNTER):
            digest.update(tensor.contiguous().numpy().tobytes())
    digest.update(repr((tuple(example.shape), _CONVERTED_BY)).encode())
    return digest.hexdigest()
