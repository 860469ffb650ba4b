"""What images install: pinned, with hashes, in step with pyproject.toml."""

import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

sys.path.insert(0, str(Path(__file__).parents[2] / "images"))

from arm64 import CannotAskError, lacking
from build import version
from lock import EXTRAS, LOCKS, ON_TOP_OF_TORCH, ROOT, merged, read_lock, requirements, write_lock

FOLDERS = ("operator", "runner-image", "trainer-job", "console")


def locked(name: str) -> dict[str, str]:
    text = (LOCKS / f"{name}.txt").read_text(encoding="utf-8")
    return {canonicalize_name(package): version for package, (version, _) in read_lock(text).items()}


@pytest.mark.parametrize("name", EXTRAS)
def test_a_lock_holds_what_pyproject_asks_for(name: str) -> None:
    have = locked(name) | (locked("torch") if name in ON_TOP_OF_TORCH else {})
    for text in requirements(EXTRAS[name]):
        wanted = Requirement(text)
        version = have.get(canonicalize_name(wanted.name))
        assert version is not None, f"{wanted.name} is not in {name}.txt: run `make locks`"
        assert wanted.specifier.contains(version, prereleases=True), f"{text}, but {version} is locked: `make locks`"


@pytest.mark.parametrize("path", sorted(LOCKS.glob("*.txt")), ids=lambda path: path.stem)
def test_every_package_has_a_hash_and_no_lock_names_a_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for package, (_, hashes) in read_lock(text).items():
        assert hashes, package
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_torch_is_pinned_to_the_build_for_cpus() -> None:
    assert locked("torch")["torch"].endswith("+cpu")


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_installation_in_an_image_asks_for_hashes_or_reaches_no_index(folder: str) -> None:
    text = (ROOT / folder / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    installations = [line for line in text.splitlines() if " install " in line and "pip" in line.split(" install ")[0]]
    assert len(installations) >= 3
    for line in installations:
        if "apt-get" not in line.split("pip")[0] or "--requirement" in line:
            assert "--require-hashes" in line or "--no-index" in line, line


def test_runner_and_trainer_begin_with_the_same_instructions() -> None:
    recipes = [(ROOT / folder / "Dockerfile").read_text(encoding="utf-8") for folder in ("runner-image", "trainer-job")]
    first, second = (recipe.split("FROM tools AS torch")[1].split("FROM torch")[0] for recipe in recipes)
    assert first == second


def test_a_version_that_stays_keeps_the_hashes_of_other_indices() -> None:
    a, b, c = (f"sha256:{letter * 64}" for letter in "abc")
    old = {"torch": ("1", {a}), "numpy": ("1", {b})}
    new = {"torch": ("1", {c}), "numpy": ("2", {c})}
    assert merged(new, old) == {"torch": ("1", {a, c}), "numpy": ("2", {c})}


def test_a_lock_is_read_as_it_was_written() -> None:
    lock = {"torch": ("2.0+cpu", {f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"})}
    assert read_lock(write_lock(lock)) == lock


def test_whatever_arm64_lacks_is_named_and_the_rest_is_looked_at_without_it() -> None:
    lock = {name: ("1.0+cpu", {f"sha256:{'a' * 64}"}) for name in ("numpy", "torch", "vision")}

    def pip(requirements: str) -> str | None:
        if "torch==" in requirements:
            return "ERROR: Cannot install torch==1.0+cpu because these package versions have conflicting dependencies."
        if "vision==" in requirements:
            return "ERROR: Could not find a version that satisfies the requirement vision==1.0+cpu (from versions:)"
        return None

    assert lacking(lock, pip) == ["torch==1.0+cpu", "vision==1.0+cpu"]
    with pytest.raises(CannotAskError, match="no route"):
        lacking(lock, lambda _: "ERROR: no route to the index")


def test_no_image_has_a_version_of_its_own() -> None:
    for folder in FOLDERS:
        text = (ROOT / folder / "Dockerfile").read_text(encoding="utf-8")
        assert text.count("ARG VERSION=unknown\n") == 2
        assert version() not in text


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_image_holds_of_the_wheel_only_the_core_and_its_own_part(folder: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = {Path(each) for each in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]}
    others = {part.name for part in parts if part.parts[0] not in ("src", folder)}
    text = (ROOT / folder / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    assert (
        set(re.findall(r"site-packages/(mainstream_\w+)", text.split("rm -rf /opt/app")[1].splitlines()[0])) == others
    )
