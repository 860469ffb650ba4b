"""Starts TorchServe with the engine as its one model, and makes sure that nothing of it stays behind."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import mainstream
import mainstream_runner
from mainstream.errors import MainstreamError
from mainstream_runner.client import EngineClient, EngineUnavailableError
from mainstream_runner.processes import guarded
from mainstream_runner.serving.config import JVM_ARGUMENTS, Ports, render_logging, render_properties, write_model
from mainstream_runner.serving.java import find_java
from mainstream_runner.serving.worker import CACHE_VARIABLE, PORT_VARIABLE
from mainstream_runner.wire import MODEL

_START_TIMEOUT_S = 120.0
_POLL_S = 0.1
_POLITE_S = 0.2
"""it would take seconds to end by itself, with nothing to keep: a pod's successor waits for that"""
_ATTEMPTS = 3
"""a port that was free may be taken before TorchServe binds it"""
_SAID_LINES = 3
"""of TorchServe's last words in an error"""


class TorchServeError(MainstreamError):
    """TorchServe did not start."""


@dataclass(frozen=True)
class TorchServe:
    """A running TorchServe."""

    port: int
    """of its inference API, on loopback"""
    guard: "subprocess.Popen[bytes]"
    """ends when Java ends"""


@contextlib.contextmanager
def torchserve(
    port: int | None = None, cache: Path | None = None, models: Sequence[str] = (MODEL,)
) -> Iterator[TorchServe]:
    """TorchServe, ready to answer, until the context is left; free ports unless `port` (of inference) is given.

    `cache` is where the engine keeps what it makes once for this node; the user's cache folder where left out.
    A runner has one model; benchmarks compare it with several, each an engine of its own.

    Raises `JavaError` without a usable Java, `TorchServeError` where the port is in use or Java ends at once.
    """
    java = find_java()
    if port is not None and not _is_free(port):
        raise TorchServeError(
            f"port {port} on 127.0.0.1 is in use by another process; end that one or name another port", field="port"
        )
    for attempt in range(1, _ATTEMPTS + 1):
        with _process(java, port, cache, models) as (server, said):
            try:
                _wait_until_ready(server, said, models)
            except _PortTakenError:
                if attempt == _ATTEMPTS or port is not None:
                    raise
                continue
            yield server
            return


class _PortTakenError(TorchServeError):
    """Someone took a port between choosing and binding it."""


@contextlib.contextmanager
def _process(
    java: Path, port: int | None, cache: Path | None, models: Sequence[str]
) -> Iterator[tuple[TorchServe, Path]]:
    """Java, started but not yet ready, and the file with what it says."""
    import ts

    home = Path(ts.__file__).parents[1]
    # Short and of its own: a Unix socket's path has at most 107 bytes, and two TorchServes must not share a folder.
    folder = Path(tempfile.mkdtemp(prefix="mainstream-"))
    try:
        ports = _choose_ports(port)
        model_store = folder / "models"
        for model in models:
            write_model(model_store, model)
        (folder / "config.properties").write_text(render_properties(ports, model_store, models), encoding="utf-8")
        said = folder / "torchserve.log"
        (folder / "log4j2.xml").write_text(render_logging(said), encoding="utf-8")
        command: list[str | Path] = [
            java,
            *JVM_ARGUMENTS,
            f"-Dmodel_server_home={home}",
            f"-Djava.io.tmpdir={folder}",
            f"-Dlog4j.configurationFile=file://{folder}/log4j2.xml",
            "-cp",
            f"{home}/ts/frontend/*",
            "org.pytorch.serve.ModelServer",
            "--python",
            sys.executable,
            "-f",
            folder / "config.properties",
            "-s",
            model_store,
            "-ncs",
        ]
        with (
            (folder / "java.log").open("wb") as output,
            guarded(
                command,
                folder=folder,
                polite_s=_POLITE_S,
                environment=_environment(folder, cache, ports.inference),
                stdout=output,
                stderr=output,
            ) as guard,
        ):
            yield TorchServe(ports.inference, guard), folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path, cache: Path | None, port: int) -> dict[str, str]:
    sources = [str(Path(str(package.__file__)).parents[1]) for package in (mainstream, mainstream_runner)]
    named = {} if cache is None else {CACHE_VARIABLE: str(cache)}
    return named | {
        PORT_VARIABLE: str(port),
        "TEMP": str(folder),
        "TMPDIR": str(folder),
        "LOG_LOCATION": str(folder),
        "METRICS_LOCATION": str(folder),
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([*sources, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
    }


def _wait_until_ready(server: TorchServe, folder: Path, models: Sequence[str]) -> None:
    """Return when every engine has answered."""
    deadline_s = time.monotonic() + _START_TIMEOUT_S
    waiting = list(models)
    while time.monotonic() < deadline_s:
        if server.guard.poll() is not None:
            raise _ended(folder)
        with (
            contextlib.suppress(EngineUnavailableError),
            contextlib.closing(EngineClient(server.port, waiting[0])) as client,
        ):
            client.state()
            del waiting[0]
        if not waiting:
            return
        time.sleep(_POLL_S)
    raise TorchServeError(
        f"no answer within {_START_TIMEOUT_S:.0f} s; it said: {_last_words(folder)}", field="torchserve"
    )


def _ended(folder: Path) -> TorchServeError:
    words = _last_words(folder)
    if "already in use" in words or "BindException" in words:
        return _PortTakenError(f"a port was taken while it started; try again ({words})", field="port")
    return TorchServeError(
        f"Java ended before TorchServe was ready; free memory or install another Java (it said: {words})", field="java"
    )


def _last_words(folder: Path) -> str:
    lines: list[str] = []
    for name in ("java.log", "torchserve.log"):
        with contextlib.suppress(OSError):
            lines += (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
    telling = [line.strip() for line in lines if "rror" in line or "xception" in line] or [
        line for line in lines if line
    ]
    return " | ".join(telling[:_SAID_LINES])[:500] or "nothing"


def _is_free(port: int) -> bool:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])


def _choose_ports(inference: int | None) -> Ports:
    with contextlib.ExitStack() as held:
        chosen: list[int] = []
        for _ in range(5):
            holder = held.enter_context(socket.socket())
            holder.bind(("127.0.0.1", 0))
            chosen.append(holder.getsockname()[1])
    return Ports(inference or chosen[0], *chosen[1:])
