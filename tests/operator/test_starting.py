"""An operator that cannot start, or is told to end before it has."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import yaml

_START = "import sys; sys.modules['kubernetes_validate'] = None; from mainstream_operator.__main__ import main; main()"


def started(folder: Path, kubeconfig: Path) -> "subprocess.Popen[str]":
    settings = folder / "operator.json"
    content = {"namespace": "mainstream", "runner": {"image": "runner"}, "metricsPort": free_port()}
    settings.write_text(json.dumps(content), encoding="utf-8")
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "MAINSTREAM_OPERATOR_SETTINGS": str(settings)}
    return subprocess.Popen([sys.executable, "-c", _START], env=environment, stderr=subprocess.PIPE, text=True)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_without_a_kubeconfig_it_says_so_in_one_sentence(tmp_path: Path) -> None:
    process = started(tmp_path, tmp_path / "none")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.startswith("mainstream-operator: KUBECONFIG: leads to no API server")
    assert "Traceback" not in said


def test_it_ends_when_it_is_told_to_while_the_api_server_is_away(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{free_port()}"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    users = [{"name": "u", "user": {}}]
    content = {"current-context": "c", "clusters": [cluster], "contexts": [context], "users": users}
    kubeconfig.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **content}), encoding="utf-8")
    process = started(tmp_path, kubeconfig)
    assert process.stderr is not None
    while "listing failed" not in process.stderr.readline():
        assert process.poll() is None
    told_s = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert time.monotonic() - told_s < 10.0
