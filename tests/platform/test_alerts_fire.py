"""Prometheus fires each alert of the chart from its real cause, and Alertmanager hears of it; on a good day none."""

import json
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from chart_tools import EVERYTHING, of_kind, render
from real_causes import ThreeNodes

from mainstream.messages.status_report import StatusReport
from mainstream_operator.metrics import Metrics
from mainstream_runner.pod.metrics import Snapshot, render_metrics

PROGRAMS = {"prometheus": ("prometheus",), "alertmanager": ("prometheus-alertmanager", "alertmanager")}


def program(name: str) -> str:
    found = next((path for each in PROGRAMS[name] if (path := shutil.which(each))), None)
    if found is None:
        pytest.skip(f"no {name}: apt-get install prometheus prometheus-alertmanager")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(text: Callable[[], bytes]) -> Iterator[int]:
    """A page of metrics, until the context is left; its port."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = text()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def rules_of_the_chart() -> list[dict[str, Any]]:
    """As they are, but for how long something must have been so."""
    (found,) = of_kind(render(*EVERYTHING), "PrometheusRule")
    return [{**each, "for": "1s"} for group in found["spec"]["groups"] for each in group["rules"]]


class Stage:
    """Prometheus and Alertmanager over an operator and a runner."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.metrics, self.clock_off_s = Metrics(), 0.0
        self.operator = stack.enter_context(ExitStack())
        runner = stack.enter_context(served(lambda: render_metrics(self._runner)()))
        operator = self.operator.enter_context(served(self.metrics.text))
        self.port, self.manager = free_port(), free_port()
        files = {
            "rules.yaml": {"groups": [{"name": "mainstream", "interval": "1s", "rules": rules_of_the_chart()}]},
            "alertmanager.yaml": {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]},
            "prometheus.yaml": {
                "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
                "rule_files": ["rules.yaml"],
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{self.manager}"]}]}]},
                "scrape_configs": [
                    {"job_name": "mainstream-operator", "static_configs": [{"targets": [f"127.0.0.1:{operator}"]}]},
                    {"job_name": "runners", "static_configs": [{"targets": [f"127.0.0.1:{runner}"]}]},
                ],
            },
        }
        for name, content in files.items():
            (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
        own = (f"--web.listen-address=127.0.0.1:{self.port}", f"--storage.tsdb.path={folder / 'data'}")
        self._start(stack, folder, program("prometheus"), f"--config.file={folder / 'prometheus.yaml'}", *own)
        own = (f"--web.listen-address=127.0.0.1:{self.manager}", f"--storage.path={folder / 'silences'}")
        alone = "--cluster.listen-address="
        self._start(
            stack, folder, program("alertmanager"), f"--config.file={folder / 'alertmanager.yaml'}", *own, alone
        )

    def _start(self, stack: ExitStack, folder: Path, *words: str) -> None:
        log = stack.enter_context((folder / f"{Path(words[0]).name}.log").open("wb"))
        process = subprocess.Popen(words, stdout=log, stderr=log, cwd=folder)
        stack.callback(process.wait, 20)
        stack.callback(process.send_signal, signal.SIGTERM)

    def _runner(self) -> Snapshot:
        return Snapshot(
            report=StatusReport(node="n1"), planned_fps={}, stream_of={}, planned_cost=None, spool_records=0,
            clips_evicted=0, clips_failed=0, torchserve_restarts=0, abandoned_decoders=0,
            clock_s=time.time() + self.clock_off_s,
        )  # fmt: skip

    def firing(self) -> set[str]:
        found = _asked(f"http://127.0.0.1:{self.port}/api/v1/alerts")
        alerts = (found or {}).get("data", {}).get("alerts", [])
        return {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}

    def heard(self) -> set[str]:
        found = _asked(f"http://127.0.0.1:{self.manager}/api/v2/alerts") or []
        return {each["labels"]["alertname"] for each in found if each["annotations"]["runbook_url"]}

    def scraped(self) -> bool:
        found = _asked(f"http://127.0.0.1:{self.port}/api/v1/query?query=mainstream_operator_node_answers")
        return len((found or {}).get("data", {}).get("result", [])) > 0


def _asked(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - of this machine
            return json.load(answer)
    except OSError:
        return None


def until(look: Callable[[], bool], timeout_s: float) -> bool:
    end_s = time.monotonic() + timeout_s
    while not look():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.5)
    return True


def test_each_alert_fires_from_its_real_cause_and_none_where_all_is_well(tmp_path: Path) -> None:
    names = {each["alert"] for each in rules_of_the_chart()}
    with ExitStack() as stack:
        stage = Stage(tmp_path, stack)
        nodes = ThreeNodes(stage.metrics)
        nodes.reconcile("n1", None)
        nodes.reconcile("n1", nodes.report("n1", well=True))
        stage.metrics.reconciled(0.1, failed=False)
        assert until(stage.scraped, 40)
        # As long as what is missing at the start needs to be there.
        assert until(lambda: stage.firing() == set(), 20)
        time.sleep(4)
        assert stage.firing() == set()

        # A day later: alerts at every other look, and more apps than are planned for in the steps that there are.
        nodes.crowd()
        nodes.kill_for_memory()
        nodes.reconcile("n1", nodes.report("n1", well=False, alerts=400_000, days=1), days=1, hasty=True)
        for silent in ("lost", "mute"):
            nodes.reconcile(silent, None)
        stage.clock_off_s = 60.0
        stop = threading.Event()

        def fail_on() -> None:
            while not stop.wait(0.5):
                stage.metrics.reconciled(0.1, failed=True)

        failing = threading.Thread(target=fail_on)
        failing.start()
        try:
            wanted = names - {"MainstreamOperatorDown"}
            assert until(lambda: stage.firing() >= wanted, 40), wanted - stage.firing()
            assert until(lambda: stage.heard() >= wanted, 30), wanted - stage.heard()
        finally:
            stop.set()
            failing.join()
        stage.operator.close()
        assert until(lambda: "MainstreamOperatorDown" in stage.firing(), 40)
