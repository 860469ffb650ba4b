"""TorchServe's configuration: loopback only, nothing that can be loaded from outside, bounded heap, quiet logs."""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from mainstream_runner.wire import MAX_MESSAGE_BYTES, MODEL

_RESPONSE_TIMEOUT_S = 120
_WAITING_REQUESTS = 16
"""requests that TorchServe queues; the feeder has two in flight and drops the oldest frames itself"""
_HANDLER = "mainstream_handler"
_HANDLER_SOURCE = """from mainstream_runner.serving.handler import Handler


class Engine(Handler):
    pass
"""
JVM_ARGUMENTS = (
    "-Xmx128m",
    "-XX:+UseSerialGC",
    # Counters that nobody reads: they wake the processor twenty times a second, and lie in /tmp.
    "-XX:-UsePerfData",
    "-XX:MaxDirectMemorySize=64m",
    # Compiling hotter code harder costs more CPU in a few minutes than it saves here, and makes costs drift.
    "-XX:TieredStopAtLevel=1",
)


@dataclass(frozen=True)
class Ports:
    """Loopback ports of one TorchServe."""

    inference: int
    management: int
    metrics: int
    grpc_inference: int
    grpc_management: int

    def all(self) -> tuple[int, ...]:
        """Every port, inference first."""
        return astuple(self)


def render_properties(ports: Ports, model_store: Path, models: Sequence[str] = (MODEL,)) -> str:
    """The text of config.properties.

    Token authorization is off only because every address is loopback; the management API cannot load models.
    """
    properties = {
        "inference_address": f"http://127.0.0.1:{ports.inference}",
        "management_address": f"http://127.0.0.1:{ports.management}",
        "metrics_address": f"http://127.0.0.1:{ports.metrics}",
        "grpc_inference_address": "127.0.0.1",
        "grpc_management_address": "127.0.0.1",
        "grpc_inference_port": ports.grpc_inference,
        "grpc_management_port": ports.grpc_management,
        "disable_token_authorization": "true",
        "enable_model_api": "false",
        "enable_envvars_config": "false",
        "install_py_dep_per_model": "false",
        "allowed_urls": "https://none.invalid/.*",
        "model_store": model_store,
        "load_models": ",".join(models),
        "default_workers_per_model": 1,
        "job_queue_size": _WAITING_REQUESTS,
        "default_response_timeout": _RESPONSE_TIMEOUT_S,
        "max_request_size": MAX_MESSAGE_BYTES,
        "max_response_size": MAX_MESSAGE_BYTES,
        "number_of_netty_threads": 1,
        "netty_client_threads": 1,
        "number_of_gpu": 0,
        "metrics_mode": "prometheus",
        "disable_system_metrics": "true",
    }
    return "".join(f"{key}={value}\n" for key, value in properties.items())


def render_logging(log: Path) -> str:
    """log4j2 configuration: one bounded file with the worker's words and warnings, no line for a request."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Configuration>
  <Appenders>
    <RollingFile name="log" fileName="{log}" filePattern="{log}.1">
      <PatternLayout pattern="%d{{ISO8601}} %-5p %c - %m%n"/>
      <SizeBasedTriggeringPolicy size="4 MB"/>
      <DefaultRolloverStrategy max="1"/>
    </RollingFile>
  </Appenders>
  <Loggers>
    <Logger name="ACCESS_LOG" level="off"/>
    <Logger name="MODEL_METRICS" level="off"/>
    <Logger name="TS_METRICS" level="off"/>
    <Logger name="MODEL_LOG" level="info"/>
    <Root level="warn"><AppenderRef ref="log"/></Root>
  </Loggers>
</Configuration>
"""


def write_model(model_store: Path, name: str = MODEL) -> None:
    """The engine as a TorchServe model: an unpacked folder whose manifest names the handler (no archiver needed).

    TorchServe takes a dotted handler for its package, so the folder holds a module of one name that leads to it.
    """
    folder = model_store / name / "MAR-INF"
    folder.mkdir(parents=True)
    manifest = {
        "runtime": "python",
        "archiverVersion": "0.12.0",
        "model": {"modelName": name, "handler": f"{_HANDLER}.py", "modelVersion": "1"},
    }
    (folder / "MANIFEST.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder.parent / f"{_HANDLER}.py").write_text(_HANDLER_SOURCE, encoding="utf-8")
