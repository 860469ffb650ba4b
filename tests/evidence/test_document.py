"""The document says what was not measured and what was missed."""

import json
from pathlib import Path

import pytest

import document
import results


@pytest.fixture(autouse=True)
def _no_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "FIGURES", tmp_path)
    monkeypatch.setattr(document, "FIGURES", tmp_path)


def test_a_figure_that_was_not_made_is_named_with_its_command() -> None:
    sections = [document.regime(), document.live(), document.ablations(), document.throughput()]
    assert all("Not measured yet" in section for section in sections)
    assert "python benchmarks/evidence/live_runs.py" in document.live()


def test_a_target_that_is_missed_says_no(tmp_path: Path) -> None:
    summary = {
        "apps": 10,
        "rate_worst": 0.01,
        "cpu_over_cost": {"worst": 0.2, "all": [0.2]},
    }
    (tmp_path / "live_runs.json").write_text(json.dumps({"summary": summary, "runs": []}))
    lines = document.targets().splitlines()
    assert [line.endswith("| yes |") for line in lines if "achieved rate" in line] == [True]
    assert [line.endswith("| **no** |") for line in lines if "CPU used" in line] == [True]
