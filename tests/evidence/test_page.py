"""The page says what was not run and what was missed, and makes every number from what was measured."""

import json
from pathlib import Path

import pytest

from common import results
from evidence import page, page_parts
from evidence.carried import AS_IT_IS, FREE, MOST_CAMERAS
from evidence.page_words import read_parts, wrapped
from evidence.policies import BASELINES, OURS


@pytest.fixture(autouse=True)
def _no_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "PARTS", tmp_path)


def interval(mean: float) -> dict[str, float]:
    return {"mean": mean, "low": mean - 0.01, "high": mean + 0.01}


def cell(apps: int = 10) -> dict[str, object]:
    told = {what: interval(value) for what, value in (("f1", 0.7), ("f1_windowed", 0.61), ("fps", 1.4))}
    below = dict.fromkeys(BASELINES, 0.9) | {"filterforward": 0.0001}
    return {
        "pool": "signs",
        "apps": apps,
        "stream_fps": 14,
        "no_sharing_fps": 1.4,
        "published_lengths": False,
        "regime": apps == 10,
        "workloads": 6,
        "wanted": 20,
        "policies": dict.fromkeys((OURS, *BASELINES), told) | {"no-sharing": told | {"f1": interval(0.25)}},
        "lead": {name: interval(0.123) for name in BASELINES},
        "gain": {name: interval(1.0) for name in BASELINES},
        "below": below,
        "enough": ["micro"],
        "held": {
            "apps": 60,
            "inside": 45,
            "above": 5,
            "perfect": 42.0,
            "together": 57,
            "error": 1.0,
            "bias": 0.5,
            "width": 6.0,
        },
        "open_most": 0.2,
    }


def write(folder: Path, *cells: dict[str, object]) -> None:
    made = {
        "on": "2026-11-30",
        "machine": {"processor": "one", "cores": 2},
        "versions": {"torch": "2"},
        "load": [1.0, 1.0, 1.0],
    }
    part = {"made": made, "pool": "signs", "packages": "3 of 10 classes", "heads": [], "below": {"micro": 0.002}}
    (folder / "cells-signs.json").write_text(json.dumps(part | {"cells": {str(i): c for i, c in enumerate(cells)}}))


def test_what_was_not_run_is_named() -> None:
    parts = read_parts(["signs"])
    assert (
        "Not run so far: cells-signs, ablations-signs, days-signs, carried-signs, plaza, predictions-signs,"
        in page.opening(parts)
    )
    sections = [page.enough(parts), page.every_cell(parts), page_parts.carried(parts), page_parts.days(parts)]
    sections.append(page_parts.plaza(parts))
    assert all("Not run." in section for section in sections)


def test_what_was_measured_less_of_is_said_at_the_top(tmp_path: Path) -> None:
    write(tmp_path, cell())
    said = page.opening(read_parts(["signs"]))
    assert "14 of 20 workloads of the cells" in said
    assert "signs has packages of 3 of 10 classes (`--apps`, `--frozen`)." in said


@pytest.mark.parametrize(
    ("packages", "told"), [("10 of 10 classes", False), ("10 of 10 classes, without whole networks", True)]
)
def test_packages_are_told_where_some_are_missing_or_have_no_whole_networks(packages: str, told: bool) -> None:
    results.write_part("carried-signs", {"pool": "signs", "packages": packages, "rows": []})
    assert (packages in page.opening(read_parts(["signs"]))) == told


def test_a_target_that_is_missed_says_no_and_one_that_cannot_be_met_is_told(tmp_path: Path) -> None:
    write(tmp_path, cell(), cell(apps=64))
    lines = page.targets(read_parts(["signs"])).splitlines()
    over = [line for line in lines if "gain over No-Sharing" in line]
    assert [line.endswith("| +93 % (published) | +100 % [+99, +101] | yes |") for line in over] == [True, True]
    assert all("told: its F1 is above 0.5" in line for line in lines if "Max-Sharing as published" in line)
    below = next(line for line in lines if "significantly below" in line)
    assert "2 of 16 tests below: signs: 64 apps" in below
    assert below.endswith("| **no** |")
    together = next(line for line in lines if line.startswith("| all cells of a pool together"))
    assert "| 1 of 1 tests below: signs / micro-heads only | **no** |" in together
    held = next(line for line in lines if "intervals" in line)
    assert "| 75%; perfect ones 70%, on a test of so few photos | **no** |" in held
    told = next(line for line in page_parts.promises(read_parts(["signs"])).splitlines() if line.startswith("| signs"))
    assert "| 75% | 8% | 70% | 95% |" in told


def test_a_cell_is_told_in_alerts_with_the_published_measure_beside(tmp_path: Path) -> None:
    write(tmp_path, cell())
    parts = read_parts(["signs"])
    row = next(line for line in page.every_cell(parts).splitlines() if line.startswith("| signs"))
    assert "| 0.700 (0.610) | 0.250 (0.610) |" in row
    row = next(line for line in page.enough(parts).splitlines() if line.startswith("| signs"))
    assert row.count("enough") == 1
    assert "+0.123 [+0.113, +0.133]" in row


def test_prose_is_wrapped_and_tables_are_not() -> None:
    long = "word " * 60
    text = wrapped(f"# Title\n\n{long}\n\n| {long}|\n")
    lines = text.splitlines()
    assert max(len(line) for line in lines if not line.startswith("|")) <= 118
    assert sum(line.startswith("|") for line in lines) == 1


def test_a_policy_that_serves_nobody_on_the_plaza_is_named_so(tmp_path: Path) -> None:
    told = {"f1": {"mean": 0.8}, "f1_windowed": {"mean": 0.7}, "f1_predicted": 0.75}
    rows = [{"apps": 22, "budget": 0.1, "policies": {OURS: told, "micro": told}, "lead": {"micro": interval(0.0)}}]
    results.write_part("plaza", {"rows": rows})
    lines = page_parts.plaza(read_parts(["signs"])).splitlines()
    assert "| 22 | 0.1 | Mainstream | 0.800 (0.700) | 0.750 |  |" in lines
    assert "| 22 | 0.1 | No-Sharing | serves nobody |  |  |" in lines
    assert any("micro-heads only" in line and "+0.000 [-0.010, +0.010]" in line for line in lines)


def test_a_part_is_kept_with_the_day_and_no_more_digits_than_anybody_reads(tmp_path: Path) -> None:
    results.write_part("plaza", {"rows": [{"f1": 2 / 3, "apps": 22}]})
    kept = json.loads((tmp_path / "plaza.json").read_text())
    assert kept["rows"] == [{"f1": 0.66667, "apps": 22}]
    assert len(kept["made"]["on"]) == len("2026-11-30")
    assert {"machine", "versions", "load"} <= set(kept["made"])


def test_what_a_core_carries_is_a_row_for_each_camera_and_at_least_what_was_looked_for(tmp_path: Path) -> None:
    told = {"picture": "768x576", "apps": 2}
    tried = [(OURS, AS_IT_IS, MOST_CAMERAS), ("max-sharing", AS_IT_IS, 9), (OURS, FREE, 12)]
    rows = [told | {"policy": policy, "idea": idea, "cameras": cameras} for policy, idea, cameras in tried]
    results.write_part("carried-signs", {"pool": "signs", "rows": rows})
    line = page_parts.carried(read_parts(["signs"])).splitlines()[-1]
    assert line == f"| signs | 768x576 | 2 | at least {MOST_CAMERAS} | 9 |  |  |  |  | 12 |  |  |"


def test_how_far_any_sharing_of_networks_could_get_stands_beside_the_target(tmp_path: Path) -> None:
    tried = [(OURS, AS_IT_IS, 20), ("max-sharing", AS_IT_IS, 10), ("greedy", AS_IT_IS, 8), (OURS, FREE, 25)]
    told = {"picture": "768x576", "apps": 2}
    rows = [told | {"policy": policy, "idea": idea, "cameras": cameras} for policy, idea, cameras in tried]
    results.write_part("carried-signs", {"pool": "signs", "packages": "10 of 10 classes", "rows": rows})
    line = next(line for line in page.targets(read_parts(["signs"])).splitlines() if "one core" in line)
    assert line.endswith("| 3 times | 2.0 times: 20 and 10; if networks cost nothing, 25: 2.5 times | **no** |")


def test_what_packages_promise_of_other_people_is_told_with_its_targets(tmp_path: Path) -> None:
    write(tmp_path, cell())
    results.write_part(
        "predictions-signs", {"rows": [{"what": "bias", "value": "+.020", "target": ".010", "met": False}]}
    )
    assert "| bias | +.020 | .010 | **no** |" in page_parts.promises(read_parts(["signs"]))
