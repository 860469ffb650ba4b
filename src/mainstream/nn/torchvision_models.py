"""torchvision's model definitions, also where its compiled operators do not fit the torch that is installed.

Importing torchvision registers meta functions for two of its operators, so that it fails beside another build of torch
than its own (its plain wheel beside torch's CPU build). None of the classifiers uses these operators; where the
compiled ones can't be loaded, declaring the two is enough.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import torch

_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@cache
def torchvision_models() -> ModuleType:
    """The module `torchvision.models`; raises `ImportError` where torchvision is not installed."""
    found = find_spec("torchvision")
    if found is not None and not _compiled_operators_load(
        [Path(each) for each in found.submodule_search_locations or ()]
    ):
        for operator in _OPERATORS:
            torch.library.define(f"torchvision::{operator.split('(')[0]}", operator[operator.index("(") :])
    return import_module("torchvision.models")


def _compiled_operators_load(folders: list[Path]) -> bool:
    for library in (path for folder in folders for path in folder.glob("_C*.so")):
        try:
            torch.ops.load_library(str(library))  # type: ignore[no-untyped-call]
        except OSError:
            continue
        return True
    return False
