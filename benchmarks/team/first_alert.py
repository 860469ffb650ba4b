"""`make bench-first-alert`: from a clip to an alert by the commands of docs/tutorial.md: how many, and how long.

The commands run one after the other in an empty folder, as somebody would type them who has read that page and nothing
else; `mainstream receive` listens as it says.
"""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from common.harness import Report, measure

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs/tutorial.md"
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STEP_TIMEOUT_S = 900.0
_MINUTES = 10.0
_COMMANDS = 8


@dataclass
class Receiver:
    """`mainstream receive`, and when it first said what."""

    environment: dict[str, str]
    first_s: dict[str, float] = field(default_factory=dict)
    """by first word of a line: opened, picture"""

    def __enter__(self) -> "Receiver":
        """Listen where the tutorial says."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mainstream.cli.main", "receive"],
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        self._process.terminate()
        self._process.wait(10)

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.first_s.setdefault(line.split()[0], time.monotonic())


def commands_of(page: str) -> list[str]:
    """Each command of the blocks that are marked `sh`, with its continued lines."""
    lines = "".join(_BLOCK.findall(page)).replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line.strip()]


def first_alert(folder: Path) -> tuple[int, dict[str, float]]:
    """Commands that were run, and minutes until each step was done, `opened` and `picture` the last of them."""
    (folder / "examples").symlink_to(ROOT / "examples")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    commands = commands_of(TUTORIAL.read_text(encoding="utf-8"))
    start_s, done = time.monotonic(), {}
    with Receiver(environment) as receiver:
        for command in commands:
            print(f"$ {command}", flush=True)
            process = subprocess.Popen(["/bin/bash", "-c", f"exec {command}"], cwd=folder, env=environment)
            deadline_s = time.monotonic() + _STEP_TIMEOUT_S
            while process.poll() is None and "picture" not in receiver.first_s:
                if time.monotonic() > deadline_s:
                    process.kill()
                    raise TimeoutError(command)
                time.sleep(0.1)
            if "picture" in receiver.first_s:
                process.terminate()
            if process.wait(60) and "picture" not in receiver.first_s:
                raise RuntimeError(f"{command}: exit code {process.returncode}")
            done[" ".join(command.split()[1:3])] = (time.monotonic() - start_s) / 60
        done |= {
            word: (at_s - start_s) / 60 for word, at_s in receiver.first_s.items() if word in ("opened", "picture")
        }
    return len(commands) + 1, done


def main(wanted: list[str]) -> int:
    """Measure, print, write; the exit code."""
    return measure("first-alert", {"all": _all}, wanted)


def _all(report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        commands, done = first_alert(Path(folder))
    report.details = {"minutes": done}
    report.row(
        "commands from a labelled clip to an alert", str(commands), f"at most {_COMMANDS}", commands <= _COMMANDS
    )
    opened, picture = done.get("opened"), done.get("picture")
    said = "none came" if opened is None else f"{opened:.1f} min"
    report.row("first alert", said, f"within {_MINUTES:g} min", opened is not None and opened <= _MINUTES)
    said = "none came" if picture is None or opened is None else f"{60 * (picture - opened):.1f} s later"
    report.row(
        "its picture",
        said,
        "within 5 s of it",
        picture is not None and opened is not None and picture - opened < 5 / 60,
    )
