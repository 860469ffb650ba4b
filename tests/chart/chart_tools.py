"""helm and its kin, and what they make of the chart."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "mainstream"
VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
KUBERNETES = "1.34"
_SHARED = Path(os.environ.get("MAINSTREAM_TEST_SHARED", ROOT.parent / "shared"))
_UNPACKED = ROOT / "out" / "tools"


def tool(name: str) -> str:
    """A program: MAINSTREAM_TEST_<NAME>, else on PATH, else of ../shared; skips, saying what to install."""
    variable = f"MAINSTREAM_TEST_{name.upper().replace('-', '_')}"
    named = os.environ.get(variable) or shutil.which(name)
    if named:
        return named
    packed, unpack = _SHARED / "bin" / f"{name}.xz", shutil.which("xz")
    if not packed.exists() or unpack is None:
        pytest.skip(f"no {name}: put it on PATH or name it in {variable}")
    program = _UNPACKED / name
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        part = program.with_suffix(f".{os.getpid()}")
        with part.open("wb") as file:
            subprocess.run([unpack, "-dc", packed], stdout=file, check=True)
        part.chmod(0o755)
        part.replace(program)
    return str(program)


@cache
def template(*options: str) -> "subprocess.CompletedProcess[str]":
    """`helm template` of the chart."""
    command = [tool("helm"), "template", "mainstream", str(CHART), "--namespace", "system"]
    return subprocess.run(
        [*command, "--kube-version", f"{KUBERNETES}.0", *options], capture_output=True, text=True, check=False
    )


def rendered(*options: str) -> str:
    """What it renders to."""
    done = template(*options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def render(*options: str) -> list[dict[str, Any]]:
    """The same as objects."""
    return [document for document in yaml.safe_load_all(rendered(*options)) if document]


def of_kind(objects: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    """Those of some kinds."""
    return [each for each in objects if each["kind"] in kinds]


def pods(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Metadata and spec of every pod that they are or make."""
    return [each if each["kind"] == "Pod" else each["spec"]["template"] for each in of_kind(objects, *POD_KINDS)]


POD_KINDS = ("Pod", "Deployment", "Job")
EVERYTHING = ("--values", str(CHART / "ci" / "everything-values.yaml"))
