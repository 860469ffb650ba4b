"""`make release`: everything of one version in out/release, with checksums and, where a key is named, signatures.

Wheel and chart are always made; images where `make images` has built them. What is there is said, and what is not, too.
docs/release.md says how to publish and how to check it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import Any

import yaml

from mainstream.files.download import sha256_of

ROOT = Path(__file__).parents[1]
SUMS = "SHA256SUMS"
MINISIGN_KEY, GPG_KEY = "MAINSTREAM_MINISIGN_KEY", "MAINSTREAM_GPG_KEY"
IMAGES = ("operator", "runner", "trainer")
_TIMEOUT_S = 900.0


class CannotReleaseError(Exception):
    """Something is missing or disagrees; says what to do."""


def the_version() -> str:
    """Of the distribution, which the chart's appVersion and a heading of the changelog must agree with."""
    version = str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    chart = yaml.safe_load((ROOT / "charts" / "mainstream" / "Chart.yaml").read_text(encoding="utf-8"))
    if chart["appVersion"] != version:
        raise CannotReleaseError(f"charts/mainstream/Chart.yaml: appVersion is {chart['appVersion']}, not {version}")
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    if version not in headings and "Unreleased" not in headings:
        raise CannotReleaseError(f"CHANGELOG.md: has neither a heading {version} nor Unreleased")
    return version


def make_wheel(folder: Path) -> Path:
    """The distribution, by the build back end that pyproject.toml names."""
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    (wheel,) = folder.glob("mainstream-*.whl")
    return wheel


def make_chart(folder: Path) -> Path:
    """The chart as an archive, as `helm push` takes it to a registry."""
    helm = os.environ.get("MAINSTREAM_TEST_HELM") or shutil.which("helm")
    if helm is None:
        raise CannotReleaseError("no helm: put it on PATH or name it in MAINSTREAM_TEST_HELM")
    _run(helm, "package", ROOT / "charts" / "mainstream", "--destination", folder)
    (chart,) = folder.glob("mainstream-*.tgz")
    return chart


def bill_of(wheel: Path) -> dict[str, Any]:
    """What the wheel asks for, as a bill of materials (CycloneDX 1.6); each image has one of what is in it."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        told = Parser().parsestr(archive.read(name).decode())
    components = []
    for each in told.get_all("Requires-Dist") or []:
        package = re.split(r"[^A-Za-z0-9._-]", each)[0]
        if package != told["Name"]:
            purl = f"pkg:pypi/{re.sub(r'[-_.]+', '-', package).lower()}"
            components.append({"type": "library", "name": package, "purl": purl, "description": each})
    subject = {"type": "application", "name": told["Name"], "version": told["Version"]}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**subject, "licenses": [{"expression": told["License-Expression"]}]}},
        "components": list({json.dumps(each): each for each in components}.values()),
    }


def copy_images(folder: Path, built: Path) -> list[Path]:
    """Images that were built, each with what it says of itself; none where there are none."""
    copied = []
    for part in IMAGES:
        archive = built / f"{part}.tar"
        if archive.is_file():
            copied.append(Path(shutil.copy2(archive, folder / f"mainstream-{part}-image.tar")))
    return copied


def image_id(archive: Path) -> str:
    """Digest of the image's configuration, which stays the same wherever it is pushed."""
    with tarfile.open(archive) as tar:
        file = tar.extractfile("manifest.json")
        if file is None:
            raise CannotReleaseError(f"{archive}: is no image archive; run `make images` again")
        name = str(json.load(file)[0]["Config"])
    return f"sha256:{Path(name).name.removesuffix('.json')}"


def write_sums(folder: Path) -> Path:
    """The sha256 of every file, as `sha256sum --check` reads it."""
    files = sorted(each for each in folder.iterdir() if each.is_file() and not each.name.startswith(SUMS))
    lines = [f"{sha256_of(each)}  {each.name}\n" for each in files]
    sums = folder / SUMS
    sums.write_text("".join(lines), encoding="utf-8")
    return sums


def sign(sums: Path) -> list[Path]:
    """A signature for each key that the environment names; the checksums alone are signed, and vouch for the rest."""
    made = []
    if key := os.environ.get(MINISIGN_KEY):
        made.append(sums.with_name(f"{SUMS}.minisig"))
        _run("minisign", "-S", "-s", key, "-m", sums, "-x", made[-1])
    if key := os.environ.get(GPG_KEY):
        made.append(sums.with_name(f"{SUMS}.asc"))
        _run("gpg", "--batch", "--yes", "--local-user", key, "--armor", "--output", made[-1], "--detach-sign", sums)
    return made


def make_release(folder: Path) -> list[str]:
    """Make all of it, anew; what to say of it."""
    version = the_version()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wheel = make_wheel(folder)
    make_chart(folder)
    bill = folder / f"mainstream-{version}.sbom.cdx.json"
    bill.write_text(json.dumps(bill_of(wheel), indent=1) + "\n", encoding="utf-8")
    images = copy_images(folder, ROOT / "out" / "images")
    if images:
        ids = {each.name: image_id(each) for each in images}
        (folder / "images.json").write_text(json.dumps(ids, indent=1) + "\n", encoding="utf-8")
    signatures = sign(write_sums(folder))
    missing = [] if images else ["without images: run `make images` first"]
    unsigned = [] if signatures else [f"not signed: name a key in {MINISIGN_KEY} or {GPG_KEY}"]
    return [f"{each.name} ({each.stat().st_size} bytes)" for each in sorted(folder.iterdir())] + missing + unsigned


def _run(*command: str | Path) -> None:
    words = [str(each) for each in command]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except FileNotFoundError:
        raise CannotReleaseError(f"no {words[0]}: install it (apt-get install {words[0]})") from None
    if done.returncode:
        raise CannotReleaseError(f"{' '.join(words)}: {(done.stderr or done.stdout).strip()[-2000:]}")


if __name__ == "__main__":
    try:
        print("\n".join(make_release(ROOT / "out" / "release")))
    except CannotReleaseError as error:
        sys.exit(str(error))
