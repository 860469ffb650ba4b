"""What the worker is told through its environment, where TorchServe hands nothing else down."""

import os
from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream.messages.node_profile import Device

CACHE_VARIABLE = "MAINSTREAM_CACHE"
"""folder for what the engine makes once for this node: converted graphs, calibrations"""
DEVICE_VARIABLE = "MAINSTREAM_DEVICE"
"""where networks run: cpu or cuda"""

PORT_VARIABLE = "MAINSTREAM_INFERENCE_PORT"
"""of the TorchServe that started the worker: the line to the feeder goes by it"""


def line_port() -> int:
    """The port that was named."""
    return int(os.environ[PORT_VARIABLE])


def cache_folder() -> Path:
    """The folder that was named, else the user's."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mainstream"


def device() -> Device:
    """The device that was named, else the CPU."""
    named = os.environ.get(DEVICE_VARIABLE, "cpu")
    if named == "cpu":
        return "cpu"
    if named == "cuda":
        return "cuda"
    raise InvalidInputError(f"is {named!r}; name cpu or cuda", field=DEVICE_VARIABLE)
