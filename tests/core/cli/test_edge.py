"""The edge of the command line: the last line is the reason, whatever ends a command."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mainstream.cli.outputs import make_folder, write_output
from mainstream.errors import InvalidInputError

COMMAND = [sys.executable, "-c", "from mainstream.cli.main import main; main()"]


def test_a_command_that_is_stopped_cleans_up_and_says_so() -> None:
    # As a command that holds a temporary folder while it waits.
    code = """
import sys, tempfile, typer
import mainstream.cli.main as edge
@edge.app.command("wait")
def wait():
    with tempfile.TemporaryDirectory() as folder:
        print(folder, flush=True)
        sys.stdin.read()
edge.RegisteredCommands.get_command = lambda group, ctx, name: group.commands.get(name)
sys.argv = ["mainstream", "wait"]
edge.main()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        folder = Path(process.stdout.readline().strip())
        assert folder.is_relative_to(tempfile.gettempdir())
        assert folder.is_dir()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
        assert process.stderr.read() == "stopped by SIGTERM\n"
    assert not folder.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--plan", "plan.json", "--store", "store", "--out", "{file}/out"],
        ["demo", "--out", "{file}"],
        ["plan", "nowhere.yaml", "--store", "store"],
        ["solve", "{file}/problem.json"],
        ["package", "inspect", "door@1", "--store", "{file}"],
    ],
    ids=lambda words: words[0],
)
def test_a_wrong_argument_ends_in_one_sentence(tmp_path: Path, words: list[str]) -> None:
    file = tmp_path / "file"
    file.write_text("")
    done = subprocess.run(
        [*COMMAND, *(word.format(file=file) for word in words)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_a_folder_or_file_that_cannot_be_written_is_named_with_its_option(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(InvalidInputError, match=r"file: --out: cannot be made a folder \(File exists\)"):
        make_folder(file, "--out")
    with pytest.raises(InvalidInputError, match=r"file/plan.json|file: --runner-plan: cannot be made a folder"):
        write_output(file / "plan.json", "{}", "--runner-plan")
    with pytest.raises(InvalidInputError, match=r"--runner-plan: cannot be written \(Is a directory\)"):
        write_output(tmp_path, "{}", "--runner-plan")


def test_the_folders_above_a_file_are_made(tmp_path: Path) -> None:
    write_output(tmp_path / "new" / "plan.json", "{}", "--runner-plan")
    assert (tmp_path / "new" / "plan.json").read_text() == "{}"
