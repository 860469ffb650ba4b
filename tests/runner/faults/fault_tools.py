"""What every part of the faults' stage needs: where tools lie, a free port, waiting."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[3]


class MissingToolError(Exception):
    """Something that is not a Python package is not here; the text says what to install."""


def wait_for(condition: Callable[[], Any], timeout_s: float = 30.0, what: str = "") -> float:
    """Seconds until the condition held; `TimeoutError` if it never did."""
    start_s = time.monotonic()
    while not condition():
        if time.monotonic() - start_s > timeout_s:
            raise TimeoutError(what or f"not so within {timeout_s:.0f} s")
        time.sleep(0.02)
    return time.monotonic() - start_s


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])


def shared(path: str, variable: str) -> Path:
    """A tool or file of the shared folder, or what the variable names."""
    found = Path(os.environ.get(variable) or REPOSITORY.parent / "shared" / path)
    if not found.exists():
        raise MissingToolError(f"set {variable}: there is no {found}")
    return found
