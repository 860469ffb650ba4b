"""Each alert of the chart fires by what it is for and by nothing less, has a page, and asks for what is exported."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from chart_tools import EVERYTHING, ROOT, of_kind, render
from operator_objects import observed

from mainstream.api.alert_evidence import AlertEvidence
from mainstream.messages.status_report import AppStatusReport, DeliveryReport, StatusReport, StreamStatusReport
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.metrics import Metrics
from mainstream_operator.watch.cluster_state import ClusterState
from mainstream_runner.pod.metrics import Snapshot, render_metrics

APP = 'namespace="plaza",app="crossing",node="n1"'
OPERATOR = "mainstream_operator"
CASES: Mapping[str, tuple[dict[str, str], dict[str, str]]] = {
    # name: series and values a minute apart by which it fires, and by which it does not
    "MainstreamOperatorDown": (
        {'up{job="mainstream-operator"}': "0x90"},
        {'up{job="mainstream-operator"}': "1x90"},
    ),
    "MainstreamReconcilesFail": (
        {f'{OPERATOR}_reconciles_total{{outcome="failed"}}': "0+1x90"},
        {f'{OPERATOR}_reconciles_total{{outcome="done"}}': "0+1x90"},
    ),
    "MainstreamNodeSilent": (
        {f'{OPERATOR}_node_answers{{node="n1"}}': "0x90", f'{OPERATOR}_node_ready{{node="n1"}}': "0x90"},
        {f'{OPERATOR}_node_answers{{node="n1"}}': "1x90", f'{OPERATOR}_node_ready{{node="n1"}}': "0x90"},
    ),
    "MainstreamRunnerNotAnswering": (
        {f'{OPERATOR}_node_answers{{node="n1"}}': "0x90", f'{OPERATOR}_node_ready{{node="n1"}}': "1x90"},
        {f'{OPERATOR}_node_answers{{node="n1"}}': "0x90", f'{OPERATOR}_node_ready{{node="n1"}}': "0x90"},
    ),
    "MainstreamRunnerOutOfMemory": (
        {f'{OPERATOR}_node_out_of_memory{{node="n1"}}': "1x90"},
        {f'{OPERATOR}_node_out_of_memory{{node="n1"}}': "0x90"},
    ),
    "MainstreamNodeOverBudget": (
        {f'{OPERATOR}_node_observed_cpu{{node="n1"}}': "0.6x90", f'{OPERATOR}_node_budget{{node="n1"}}': "0.5x90"},
        {f'{OPERATOR}_node_observed_cpu{{node="n1"}}': "0.5x90", f'{OPERATOR}_node_budget{{node="n1"}}': "0.5x90"},
    ),
    "MainstreamPlanNotProved": (
        {f'{OPERATOR}_node_gap{{node="n1"}}': "0.05x90"},
        {f'{OPERATOR}_node_gap{{node="n1"}}': "0.0001x90"},
    ),
    "MainstreamClockOff": (
        {'mainstream_runner_clock_seconds{node="n1"}': "60+60x90"},
        {'mainstream_runner_clock_seconds{node="n1"}': "1+60x90"},
    ),
    "MainstreamCameraDown": (
        {f'{OPERATOR}_stream_decoding{{namespace="plaza",stream="door",node="n1"}}': "0x90"},
        {f'{OPERATOR}_stream_decoding{{namespace="plaza",stream="door",node="n1"}}': "1x90"},
    ),
    "MainstreamAppBelowRate": (
        {f"{OPERATOR}_app_observed_fps{{{APP}}}": "1x90", f"{OPERATOR}_app_planned_fps{{{APP}}}": "2x90"},
        {f"{OPERATOR}_app_observed_fps{{{APP}}}": "1.9x90", f"{OPERATOR}_app_planned_fps{{{APP}}}": "2x90"},
    ),
    "MainstreamAlertsLost": (
        {f"{OPERATOR}_app_lost_alerts_last_hour{{{APP}}}": "3x90"},
        {f"{OPERATOR}_app_lost_alerts_last_hour{{{APP}}}": "0x90"},
    ),
    "MainstreamAlertsWaiting": (
        {f"{OPERATOR}_app_waiting_seconds{{{APP}}}": "400x90"},
        {f"{OPERATOR}_app_waiting_seconds{{{APP}}}": "20x90"},
    ),
    "MainstreamPredictionDoubted": (
        {f"{OPERATOR}_app_trust{{{APP}}}": "0.4x90"},
        {f"{OPERATOR}_app_trust{{{APP}}}": "1x90"},
    ),
}
UP = {'up{job="mainstream-operator"}': "1x90"}


@cache
def objects() -> list[dict[str, Any]]:
    return render(*EVERYTHING)


@cache
def rules() -> dict[str, dict[str, Any]]:
    (found,) = of_kind(objects(), "PrometheusRule")
    return {each["alert"]: each for group in found["spec"]["groups"] for each in group["rules"]}


def promtool() -> str:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("no promtool: apt-get install prometheus")
    return program


def series(found: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in found.items()]


def firing(folder: Path, found: Mapping[str, str], name: str) -> bool:
    """Whether promtool says that the alert fires after 80 minutes of these series."""
    groups = {"groups": [{"name": "mainstream", "rules": list(rules().values())}]}
    (folder / "rules.yaml").write_text(yaml.safe_dump(groups), encoding="utf-8")
    asked = {"eval_time": "80m", "alertname": name, "exp_alerts": []}
    test = {"interval": "1m", "input_series": series(found), "alert_rule_test": [asked]}
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}
    (folder / "test.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    command = [promtool(), "test", "rules", "test.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    said = done.stdout + done.stderr
    assert done.returncode == 0 or f"alertname: {name}" in said, said
    return done.returncode != 0


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    assert set(CASES) == set(rules())


@pytest.mark.parametrize("name", CASES)
def test_a_rule_fires_by_its_cause_and_by_nothing_less(name: str, tmp_path: Path) -> None:
    cause, well = CASES[name]
    assert firing(tmp_path, UP | cause, name)
    assert not firing(tmp_path, UP | well, name)


@pytest.mark.parametrize("name", CASES)
def test_a_rules_page_exists_and_is_found_by_its_address(name: str) -> None:
    address = rules()[name]["annotations"]["runbook_url"]
    page = ROOT / "docs" / "runbooks" / address.rpartition("/")[2]
    assert page.read_text(encoding="utf-8").startswith(f"# {name}\n")
    assert re.fullmatch(r"https?://\S+/Mainstream\w+\.md", address)
    assert "{{" not in rules()[name]["expr"]


def test_every_page_belongs_to_a_rule() -> None:
    assert {page.stem for page in (ROOT / "docs" / "runbooks").glob("*.md")} == set(CASES)


def exported(cluster: ClusterState) -> set[str]:
    """Every series that operator and runner have, of a node on which everything happens."""
    delivery = DeliveryReport(alerts=2, alerts_last_hour=1, oldest_undelivered_s=400, lost_alerts_last_hour=1)
    report = StatusReport(
        node="n1",
        cpu=0.3,
        apps={"plaza/crossing": AppStatusReport(analysed=3, fps=1.0, delivery=delivery)},
        streams={"plaza/plaza": StreamStatusReport(state="decoding")},
    )
    observation = observed(cluster)
    decision = decide(observation, KeptPlanning())
    decision.evidence["plaza/crossing"] = AlertEvidence.model_construct(trust=0.5)
    metrics = Metrics()
    metrics.reconciled(0.1, failed=True)
    metrics.planned("mainstream", 0.1)
    metrics.watch_queue(lambda: 0, lambda: 1.0)
    metrics.record(replace(observation, report=report), decision)
    snapshot = Snapshot(
        report=report, planned_fps={}, stream_of={}, planned_cost=0.1, spool_records=0, clips_evicted=0,
        clips_failed=0, torchserve_restarts=0, abandoned_decoders=0, clock_s=1.0,
    )  # fmt: skip
    text = metrics.text().decode() + render_metrics(lambda: snapshot)().decode()
    return {re.split(r"[{ ]", line)[0] for line in text.splitlines() if line and not line.startswith("#")}


def test_rules_and_dashboards_ask_for_series_that_are_there(cluster: ClusterState) -> None:
    (boards,) = [each for each in of_kind(objects(), "ConfigMap") if "mainstream.json" in each["data"]]
    parsed = [json.loads(text) for text in boards["data"].values()]
    asked = [target["expr"] for board in parsed for panel in board["panels"] for target in panel["targets"]]
    asked += [str(each["expr"]) for each in rules().values()]
    names = {name for expression in asked for name in re.findall(r"mainstream_(?:operator|runner)_\w+", expression)}
    assert len(names) > 15
    assert names - exported(cluster) == set()


def test_the_tenants_dashboard_shows_one_namespace_alone() -> None:
    (boards,) = [each for each in of_kind(objects(), "ConfigMap") if "mainstream.json" in each["data"]]
    board = json.loads(boards["data"]["mainstream-tenant.json"])
    for panel in board["panels"]:
        for target in panel["targets"]:
            for name in re.findall(r"mainstream_\w+", target["expr"]):
                assert f'{name}{{namespace="$namespace"}}' in target["expr"]


def test_runners_are_given_the_token_of_the_pod_monitor_alone() -> None:
    (monitor,) = of_kind(objects(), "PodMonitor")
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    secret = endpoint["authorization"]["credentials"]
    assert secret == {"name": "runner-metrics", "key": "token"}
    (settings,) = [each for each in of_kind(objects(), "ConfigMap") if "operator.json" in each["data"]]
    assert json.loads(settings["data"]["operator.json"])["runner"]["metricsSecret"] == "runner-metrics"
    plain = [each for each in of_kind(render(), "ConfigMap") if "operator.json" in each["data"]]
    assert "metricsSecret" not in json.loads(plain[0]["data"]["operator.json"])["runner"]
