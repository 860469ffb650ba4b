"""`make bench-first-alert`: from a clip to an alert by the commands of docs/tutorial.md: how many, and how long.

The commands run one after the other in an empty folder, as somebody would type them who has read that page and nothing
else; `mainstream receive` listens as it says.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cluster_tools import spawn, wait_for

from common.harness import Report, scratch

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs/tutorial.md"
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STEP_TIMEOUT_S = 900.0
_COMMANDS = 8


def commands_of(page: str) -> list[str]:
    """Each command of the blocks that are marked `sh`, with its continued lines."""
    lines = "".join(_BLOCK.findall(page)).replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line.strip()]


def first_alert(folder: Path, commands: list[str]) -> dict[str, float]:
    """Minutes until each step was done, and until an alert (`opened`) and its `picture` were there, which ends it."""
    (folder / "examples").symlink_to(ROOT / "examples")
    start_s, done, heard = time.monotonic(), dict[str, float](), folder / "heard.txt"

    def is_there() -> bool:
        for word in re.findall(r"^(opened|picture)\b", heard.read_text(encoding="utf-8"), re.MULTILINE):
            done.setdefault(word, (time.monotonic() - start_s) / 60)
        return "picture" in done

    receiver = spawn([sys.executable, "-m", "mainstream.cli.main", "receive"], heard)
    try:
        for command in commands:
            _type(command, folder, is_there)
            done[" ".join(command.split()[1:3])] = (time.monotonic() - start_s) / 60
    finally:
        receiver.terminate()
        receiver.wait(10)
    return done


def _type(command: str, folder: Path, is_over: Callable[[], bool]) -> None:
    """Run a command until it ends, or all is over."""
    print(f"$ {command}", flush=True)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    process = subprocess.Popen(["/bin/bash", "-c", f"exec {command}"], cwd=folder, env=environment)
    try:
        wait_for(f"end of {command}", lambda: is_over() or process.poll() is not None, _STEP_TIMEOUT_S, 0.1)
    finally:
        process.terminate()
        code = process.wait(60)
    if code and not is_over():
        raise RuntimeError(f"{command}: exit code {code}")


def _all(report: Report) -> None:
    commands = commands_of(TUTORIAL.read_text(encoding="utf-8"))
    with scratch() as folder:
        done = first_alert(folder, commands)
    report.details = {"minutes": done}
    # One more is the receiver's.
    report.most("commands from a labelled clip to an alert", len(commands) + 1, _COMMANDS, "commands", 0)
    opened, picture = done.get("opened", float("inf")), done.get("picture", float("inf"))
    report.most("first alert", opened, 10, "min")
    report.most("its picture, after it", 60 * (picture - opened), 5, "s")


PARTS = {"all": _all}
