"""`make locks`: writes images/locks/ from pyproject.toml: every package of an image, with its version and hashes.

One lock for each set of layers. `torch` is what the runner's and the trainer's image share; their own locks hold only
what comes on top of it. Hashes are those of every file that the index has of a version, so one lock serves amd64 and
arm64. A version that is already locked keeps the hashes that it has: where torch's CPU build comes from another index,
run this with that index and both files are let in. No index is named in a lock: pip's own settings say where to look.

Needs pip-tools and Python 3.11, which the images have.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCKS = ROOT / "images" / "locks"
EXTRAS = {
    "operator": ("", "s3", "operator"),
    "torch": ("", "torch", "trainer"),
    "runner": ("runner",),
    "trainer": ("s3",),
    "console": ("", "console"),
}
"""extras of pyproject.toml by lock; '' is what everything needs"""
ON_TOP_OF_TORCH = ("runner", "trainer")
BUILD = ("hatchling>=1.26", "cyclonedx-python-lib>=11")
"""what builds the wheel and writes the bill of materials; in no image"""
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9][-_.A-Za-z0-9]*)==(?P<version>\S+)")
_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")

Lock = dict[str, tuple[str, set[str]]]
"""version and hashes by package"""


def requirements(extras: tuple[str, ...]) -> list[str]:
    """What pyproject.toml asks for; its own extras left out, since each is named by whoever needs it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = {"": project["dependencies"], **project["optional-dependencies"]}
    wanted = [each for extra in extras for each in known[extra]]
    return [each for each in wanted if not each.startswith("mainstream")]


def read_lock(text: str) -> Lock:
    """Packages of a lock file."""
    found: Lock = {}
    name = ""
    for line in text.splitlines():
        pin = _PIN.match(line)
        if pin:
            name = pin["name"].lower()
            found[name] = (pin["version"], set())
        if name:
            found[name][1].update(_HASH.findall(line))
    return found


def write_lock(lock: Lock) -> str:
    """The text of a lock file, the same for the same packages."""
    lines = ["# Written by `make locks`; do not edit."]
    for name, (version, hashes) in sorted(lock.items()):
        lines.append(" \\\n    ".join([f"{name}=={version}", *(f"--hash={each}" for each in sorted(hashes))]))
    return "\n".join(lines) + "\n"


def merged(new: Lock, old: Lock) -> Lock:
    """`new`, with the hashes that `old` has of the same versions."""
    return {
        name: (version, hashes | (old[name][1] if name in old and old[name][0] == version else set()))
        for name, (version, hashes) in new.items()
    }


def _compile(wanted: list[str], beside: Lock) -> Lock:
    """Resolve, with the versions of `beside` held."""
    with tempfile.TemporaryDirectory() as folder:
        source, held, target = (Path(folder) / name for name in ("in.txt", "held.txt", "out.txt"))
        source.write_text("\n".join(wanted) + "\n", encoding="utf-8")
        held.write_text("".join(f"{name}=={version}\n" for name, (version, _) in beside.items()), encoding="utf-8")
        options = ("--quiet", "--generate-hashes", "--allow-unsafe", "--strip-extras", "--no-header", "--no-annotate")
        private = ("--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links")
        files = ("--constraint", held, "--output-file", target, source)
        subprocess.run([sys.executable, "-m", "piptools", "compile", *options, *private, *files], check=True)
        return read_lock(target.read_text(encoding="utf-8"))


def main() -> None:
    """Write every lock."""
    LOCKS.mkdir(exist_ok=True)
    below: Lock = {}
    for name, wanted in {**{each: requirements(extras) for each, extras in EXTRAS.items()}, "build": [*BUILD]}.items():
        path = LOCKS / f"{name}.txt"
        on_top = name in ON_TOP_OF_TORCH
        lock = _compile([*wanted, *(requirements(EXTRAS["torch"]) if on_top else ())], below if on_top else {})
        if name == "torch":
            below = lock
        if on_top:
            lock = {package: pin for package, pin in lock.items() if package not in below}
        old = read_lock(path.read_text(encoding="utf-8")) if path.exists() else {}
        path.write_text(write_lock(merged(lock, old)), encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(lock)} packages")


if __name__ == "__main__":
    main()
