"""What the parts register as commands: listed, imported when asked for, and honest where something is missing."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mainstream.cli import registered
from mainstream.cli.main import app
from mainstream.errors import InvalidInputError
from mainstream.planner import POLICIES
from mainstream.planner.solve import DEFAULT_DEADLINE_S, DEFAULT_GAP

HEAVY = ("av", "kopf", "openvino", "torch", "ts")
COMMANDS = ["base", "cameras", "demo", "package", "plan", "profile", "record", "run", "solve", "train"]


@pytest.fixture(autouse=True)
def forget_entry_points() -> Iterator[None]:
    registered._registered.cache_clear()
    yield
    registered._registered.cache_clear()


def register(monkeypatch: pytest.MonkeyPatch, *entries: str) -> None:
    found = [
        EntryPoint(name.strip(), value.strip(), registered.GROUP)
        for name, value in (each.split("=", 1) for each in entries)
    ]
    monkeypatch.setattr(registered, "entry_points", lambda group: found)


def write_module(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)


def problem_of(*words: str) -> str:
    with pytest.raises(InvalidInputError) as caught:
        CliRunner().invoke(app, list(words), catch_exceptions=False)
    return str(caught.value)


def test_help_lists_every_part_by_name() -> None:
    lines = CliRunner().invoke(app, ["--help"]).output.splitlines()
    assert [word for line in lines for word in line.strip("│ ").split(" ")[:1] if word in COMMANDS] == COMMANDS


def test_the_version_is_that_of_the_distribution() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"mainstream {version('mainstream')}\n"


def test_the_help_of_a_command_breaks_its_lines_where_the_terminal_ends() -> None:
    lines = CliRunner().invoke(app, ["plan", "--help"], env={"COLUMNS": "80"}).output.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(" Apps that are refused"))
    paragraph = lines[first : lines.index(" " * 80, first)]
    assert min(len(line.strip()) for line in paragraph[:-1]) > 60


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_imports_nothing_that_it_runs_with(command: str) -> None:
    code = f"""
import sys
from typer.testing import CliRunner
from mainstream.cli.main import app
assert CliRunner().invoke(app, [{command!r}, "--help"]).exit_code == 0
sys.exit(" ".join(name for name in {HEAVY!r} if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr.strip() == ""


def test_a_command_is_a_function_or_several_commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = """
import typer
several = typer.Typer()
def hello(): print("hello")
several.command("hello")(hello)
several.command("bye")(lambda: print("bye"))
"""
    write_module(tmp_path, monkeypatch, "greeting_part", text)
    register(monkeypatch, "one = greeting_part:hello", "more = greeting_part:several")
    assert CliRunner().invoke(app, ["one"]).output == "hello\n"
    assert CliRunner().invoke(app, ["more", "bye"]).output == "bye\n"


def test_a_typing_error_gets_the_name_that_was_meant() -> None:
    assert "Did you mean 'plan'?" in CliRunner().invoke(app, ["paln"]).output


def test_a_part_that_is_not_there_is_listed_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, "play = absent_part.cli:play [runner]")
    way_out = "needs absent_part, which is not installed: pip install 'mainstream[runner]'"
    assert problem_of("play", "--plan=plan.json", "clip.mp4") == f"mainstream play: {way_out}"
    assert "play" in CliRunner().invoke(app, ["--help"]).output
    assert "pip install 'mainstream[runner]'" in " ".join(CliRunner().invoke(app, ["play", "--help"]).output.split())


def test_what_a_command_lacks_when_it_runs_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_module(tmp_path, monkeypatch, "hungry_part", "def eat():\n    import absent_library.deep\n")
    register(monkeypatch, "eat = hungry_part:eat [trainer]")
    assert problem_of("eat") == (
        "mainstream eat: needs absent_library, which is not installed: pip install 'mainstream[trainer]'"
    )


def test_a_module_that_is_missing_in_a_package_that_is_there_is_a_bug(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_module(tmp_path, monkeypatch, "broken_part", "def go():\n    import mainstream.absent\n")
    register(monkeypatch, "go = broken_part:go [runner]")
    with pytest.raises(ModuleNotFoundError, match=r"mainstream\.absent"):
        CliRunner().invoke(app, ["go"], catch_exceptions=False)


def test_an_installation_older_than_its_code_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    assert "pip install" in problem_of("plan")


def test_the_help_of_solve_states_what_the_planner_takes() -> None:
    text = " ".join(CliRunner().invoke(app, ["solve", "--help"], env={"COLUMNS": "200"}).output.split())
    for policy in POLICIES:
        assert policy in text
    assert f"{DEFAULT_DEADLINE_S:g} where left out" in text
    assert f"{DEFAULT_GAP:.0e}".replace("e-0", "e-") in text
