"""What pages tell people to type can be typed: commands, options and files there are, and code does what is said."""

import base64
import hashlib
import hmac
import json
import os
import re
import shlex
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

sys.path.insert(0, str(Path(__file__).parents[1] / "chart"))

from chart_tools import template

from mainstream.cli.main import app as mainstream
from mainstream.messages.runner_orders import NodeCredentials
from mainstream_kubectl.main import app as kubectl_mainstream

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md")) + [ROOT / name for name in ("README.md", "CONTRIBUTING.md")]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELL = ("", "sh")
RUN_AS_THEY_STAND = ("mainstream solve examples/planner/problem.json", "mainstream solve --schema")
"""commands that need neither a camera, a cluster, a package nor minutes; those of tutorial and k3s.md have tests that
type them all"""


def blocks(*languages: str) -> list[tuple[Path, str]]:
    return [
        (page, text) for page in PAGES for found, text in BLOCK.findall(page.read_text("utf-8")) if found in languages
    ]


def commands(first: str) -> list[tuple[str, list[str]]]:
    """Page and words of every command that begins so, as the shell would take it apart."""
    found = []
    for page, text in blocks(*SHELL):
        for line in text.replace("\\\n", " ").splitlines():
            for command in re.split(r"\s(?:&&|\|)\s", line):
                words = _words(command)
                while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                    words = words[1:]
                if words[:1] == [first]:
                    found.append((str(page.relative_to(ROOT)), words[1:]))
    return found


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command, comments=True)
    except ValueError:
        return []


@cache
def command_of(program: Any) -> Any:
    return typer.main.get_command(program)


def options_of(program: Any, words: list[str]) -> set[str]:
    """Of the command that these words name, and of those above it."""
    command = command_of(program)
    context = command.make_context("program", [], resilient_parsing=True)
    known = {option for each in command.params for option in each.opts}
    for word in words:
        below = command.get_command(context, word) if hasattr(command, "get_command") else None
        if below is None:
            if hasattr(command, "get_command") and not word.startswith("-"):
                raise LookupError(f"there is no command {word}")
            continue
        command = below
        known |= {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    return known | {"--help", "--version"}


@pytest.mark.parametrize(("page", "words"), commands("mainstream"), ids=lambda each: " ".join(each[:2]))
def test_a_command_and_its_options_there_are(page: str, words: list[str]) -> None:
    known = options_of(mainstream, words)
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known, page


@pytest.mark.parametrize(("page", "words"), [each for each in commands("kubectl") if each[1][:1] == ["mainstream"]])
def test_a_command_of_kubectl_mainstream_there_is(page: str, words: list[str]) -> None:
    known = options_of(kubectl_mainstream, words[1:])
    assert {word for word in words if word.startswith("-")} <= known, page


def test_every_target_of_make_that_a_page_names_there_is() -> None:
    targets = set(re.findall(r"^([a-z0-9%-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    benchmarks = {f"bench-{name}" for name in measured()}
    named = {word for _, words in commands("make") for word in words if re.fullmatch(r"[a-z0-9-]+", word)}
    for page in PAGES:
        named |= set(re.findall(r"`make ([a-z0-9_-]+)`", page.read_text("utf-8")))
    assert len(named) > 20
    assert named - targets - benchmarks == set()


def measured(*arguments: str) -> list[str]:
    """Benchmarks that there are; or what one of them says to a part that it has not."""
    command = [sys.executable, "benchmarks", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if arguments:
        return re.findall(r"[\w-]+", done.stderr)
    return re.findall(r"^([a-z-]+)  +\S", done.stdout, re.MULTILINE)


def test_every_benchmark_and_part_that_a_page_names_there_is() -> None:
    named: dict[str, set[str]] = {}
    for page in PAGES:
        for words in re.findall(r"python benchmarks((?: [a-z-]+)+)`", page.read_text("utf-8")):
            name, *parts = words.split()
            named.setdefault(name, set()).update(parts)
    assert len(named) > 5
    assert set(named) <= set(measured())
    missing = {name: parts - set(measured(name, "no-such-part")) for name, parts in named.items() if parts}
    assert {name: parts for name, parts in missing.items() if parts} == {}


def test_what_a_page_sets_is_a_value_of_the_chart() -> None:
    found = [each for each in commands("helm") if each[1][0] in ("install", "upgrade")]
    assert len(found) > 4
    for page, words in found:
        options = [word for at, word in enumerate(words) if "--set" in (word, *words[at - 1 : at])]
        filled = [re.sub(r"\$\w+", "10.0.0.1", word) for word in options]
        done = template(*filled)
        assert done.returncode == 0, (page, done.stderr)


def test_files_of_the_repository_that_commands_name_there_are() -> None:
    roots = "|".join(("examples", "tests", "charts", "images", "trainer-job", "operator", "runner-image", "benchmarks"))
    named = {
        word
        for first in ("mainstream", "kubectl", "helm", "python", "docker", ".venv/bin/pytest", ".venv/bin/mainstream")
        for _, words in commands(first)
        for word in words
        if re.fullmatch(rf"({roots})/[\w./-]+", word)
    }
    assert len(named) > 8
    # A GPU's lock is the reader's own.
    assert {name for name in named if not (ROOT / name).exists()} <= {"images/locks/torch-cuda.txt"}


@pytest.mark.parametrize("line", RUN_AS_THEY_STAND)
def test_what_needs_nothing_runs_as_it_stands(line: str) -> None:
    assert line.split()[1:] in [words for _, words in commands("mainstream")]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        line.split(), cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path}
    )
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)


def python_of(page: str) -> str:
    ((_, text),) = [each for each in blocks("python") if each[0].name == page]
    return text


def test_the_receivers_check_of_a_signature_takes_what_is_right_and_nothing_else() -> None:
    scope: dict[str, Any] = {}
    exec(python_of("events.md"), scope)  # noqa: S102 - the page's own
    key, body, now = b"a key", b'{"event": "opened"}', str(int(time.time()))
    signed = f"id.opened.{now}.".encode() + body
    signature = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    headers = {"webhook-id": "id.opened", "webhook-timestamp": now, "webhook-signature": signature}
    is_genuine = scope["is_genuine"]
    assert is_genuine(key, headers, body)
    assert not is_genuine(b"another", headers, body)
    assert not is_genuine(key, headers, body + b" ")
    assert not is_genuine(key, {**headers, "webhook-timestamp": str(int(now) - 301)}, body)


def test_the_planners_lines_solve_a_problem() -> None:
    scope: dict[str, Any] = {"text": (ROOT / "examples/planner/problem.json").read_text("utf-8")}
    exec(python_of("planner.md"), scope)  # noqa: S102 - the page's own
    assert scope["plan"].gap <= 1e-4


def test_every_page_in_json_can_be_read() -> None:
    found = blocks("json")
    assert found
    for page, text in found:
        content = json.loads(text)
        if page.name == "events.md":
            NodeCredentials.model_validate(content)
