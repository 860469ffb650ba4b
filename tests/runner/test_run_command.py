"""`mainstream run`, as typed: what it refuses before anything is made or started."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mainstream.cli.main import app as command
from mainstream.errors import InvalidInputError


def test_a_store_without_the_plans_blobs_is_refused_and_no_folder_is_left(make_plan, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(make_plan([(15, 5.0)]).model_dump_json())
    words = [
        "run",
        "--plan",
        str(tmp_path / "plan.json"),
        "--store",
        str(tmp_path / "none"),
        "--out",
        str(tmp_path / "out"),
    ]
    with pytest.raises(InvalidInputError, match=r"--store: lacks .* of the .* blobs that the plan names"):
        CliRunner().invoke(command, words, catch_exceptions=False)
    assert [each.name for each in tmp_path.iterdir()] == ["plan.json"]
