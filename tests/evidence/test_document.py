"""The document says what was not measured and what was missed."""

import json
from pathlib import Path

import pytest

import document
import document_alerts
import document_cut
import results
from cells import (
    ABLATION_WORKLOADS,
    FROZEN_BASES,
    FROZEN_TASKS,
    LIVE_WORKLOADS,
    THROUGHPUT_APPS,
    THROUGHPUT_DEPTHS,
    TRAINER_APPS,
    TRAINER_SEEDS,
    all_cells,
)
from mainstream_trainer.settings import TrainingSettings
from make_all import FIGURES


@pytest.fixture(autouse=True)
def _no_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "FIGURES", tmp_path)
    monkeypatch.setattr(document, "FIGURES", tmp_path)
    monkeypatch.setattr(document_cut, "STORE", tmp_path / "store")


def test_a_figure_that_was_not_made_is_named_with_its_command() -> None:
    sections = [document.regime(), document.live(), document.ablations(), document.throughput()]
    assert all("Not measured yet" in section for section in sections)
    assert "python benchmarks/evidence/live_runs.py" in document.live()


def test_a_target_that_is_missed_says_no(tmp_path: Path) -> None:
    summary = {
        "apps": 10,
        "rate_worst": 0.01,
        "cpu_over_cost": {"worst": 0.2, "all": [0.2]},
        "cpu_within_target": 0,
    }
    (tmp_path / "live_runs.json").write_text(json.dumps({"summary": summary, "runs": []}))
    lines = document.targets().splitlines()
    assert [line.endswith("| yes |") for line in lines if "achieved rate" in line] == [True]
    assert [line.endswith("| **no** |") for line in lines if "CPU used" in line] == [True]


def test_what_was_measured_less_of_is_said_at_the_top(tmp_path: Path) -> None:
    made = {cell.name: {"workloads": cell.workloads} for cell in all_cells(["signs"]) if cell.apps < 32}
    made["signs-8-apps-14-fps-budget-1.4"] = {"workloads": 6}
    (tmp_path / "event_f1.json").write_text(json.dumps({"pools": ["signs"], "cells": made, "published": {}}))
    said = document.cut_short()
    assert "cells of 32 apps are left out (signs)" in said
    assert "6 workloads instead of 20 in 1 of the cells outside" in said
    assert "`throughput`" in said
    assert "event_f1`" not in said


def test_packages_of_an_earlier_trainer_are_told() -> None:
    today = TrainingSettings().model_dump(mode="json")
    before = {name: value for name, value in today.items() if name != "stride"}
    assert document_cut.older_trainer([today]) == []
    assert document_cut.older_trainer([today, before]) == [
        "packages are those of an earlier trainer, which knew nothing of `stride`"
    ]


def test_a_document_of_whole_figures_has_no_note(tmp_path: Path) -> None:
    made = {cell.name: {"workloads": cell.workloads} for cell in all_cells(["signs"])}
    whole: dict[str, dict[str, object]] = {name: {} for name in FIGURES}
    whole["event_f1"] = {"pools": ["signs"], "cells": made, "published": {}}
    whole["ablations"] = {"ideas": {"signs": {"workloads": ABLATION_WORKLOADS}}}
    whole["live_runs"] = {"pools": ["signs"], "runs": [{}] * (4 * LIVE_WORKLOADS)}
    curves = [{"base": base, "task": task} for base in range(FROZEN_BASES) for task in range(FROZEN_TASKS)]
    whole["frozen_share"] = {"curves": curves}
    whole["throughput"] = {"points": [{}] * (THROUGHPUT_DEPTHS * len(THROUGHPUT_APPS))}
    whole["trainer_quality"] = {"seeds": len(TRAINER_SEEDS), "quality": dict.fromkeys(TRAINER_APPS)}
    for name, data in whole.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(data))
    assert document.cut_short() == ""


def test_a_cell_is_told_in_alerts_with_the_published_measure_beside(tmp_path: Path) -> None:
    def told(f1: float, windowed: float) -> dict[str, object]:
        of = {"f1": f1, "f1_windowed": windowed, "fps": 1.4}
        return {what: {"mean": value, "low": value, "high": value} for what, value in of.items()}

    policies = {"no-sharing": told(0.5, 0.61), "max-sharing": told(0.6, 0.72), "mainstream": told(0.7, 0.83)}
    cell = {
        "pool": "signs",
        "apps": 10,
        "stream_fps": 14,
        "no_sharing_fps": 1.4,
        "workloads": 30,
        "published_lengths": False,
        "headline": True,
        "policies": policies | {"greedy": told(0.7, 0.8)},
        "gain": {key: {"mean": 0.4, "low": 0.3, "high": 0.5} for key in ("no-sharing", "max-sharing", "greedy")},
    }
    data = {
        "command": "event_f1",
        "cells": {"one": cell},
        "chain": {},
        "published": {},
        "no_loss": {"below": [], "tests": 2},
    }
    (tmp_path / "event_f1.json").write_text(json.dumps(data))
    for section in (document.regime(), document.cells()):
        row = next(line for line in section.splitlines() if line.startswith("| signs"))
        assert "| 0.610 / 0.720 / 0.830 |" in row
        assert "0.700" in row


def test_judges_of_alerts_are_told_with_what_was_missed_or_how_to_run_them(tmp_path: Path) -> None:
    results = tmp_path / "alerts.json"
    assert "make bench-alerts" in document_alerts.judges(results)
    rows = [
        {"what": "signs", "value": "22.2%", "target": "80 %", "met": False},
        {"what": "plaza", "value": "0.7", "target": "told", "met": None},
    ]
    data = {"rows": rows, "load": {"start": [9.0, 1.0, 1.0], "end": [12.0, 1.0, 1.0]}, "machine": {"cores": 2}}
    results.write_text(json.dumps(data))
    lines = document_alerts.judges(results).splitlines()
    assert "| signs | 22.2% | 80 % | **no** |" in lines
    assert "| plaza | 0.7 | told |  |" in lines
    assert "load of 9.0 to 12.0." in lines
