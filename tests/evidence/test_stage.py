"""What a figure is asked for on its command line."""

import sys
from pathlib import Path

import pytest

import stage


def test_a_folder_that_is_not_there_is_a_wrong_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["event_f1.py", "--pictures", str(tmp_path / "none")])
    with pytest.raises(SystemExit) as ended:
        stage.arguments("Figure 1")
    assert ended.value.code == 2
    assert "give one with a folder of pictures per class" in capsys.readouterr().err
