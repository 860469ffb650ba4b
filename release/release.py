"""`make release`: everything of one version in out/release, with checksums and, where a key is named, signatures.

Wheel and chart are always made; images where `make images` has built them. Where MAINSTREAM_REGISTRY names a registry,
all are pushed to it, and the chart names its images by the digests that they have there. What is there is said, and
what is not, too. docs/release.md says how to publish and how to check it.
"""

import json
import os
import re
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from email.parser import Parser
from pathlib import Path
from typing import Any

import yaml
from registry import PARTS, CannotReleaseError, Registry, pinned, run

from mainstream.files.download import sha256_of

ROOT = Path(__file__).parents[1]
SUMS = "SHA256SUMS"
MINISIGN_KEY, GPG_KEY = "MAINSTREAM_MINISIGN_KEY", "MAINSTREAM_GPG_KEY"
REGISTRY = "MAINSTREAM_REGISTRY"


def the_version() -> str:
    """The chart's appVersion, from which wheel and images have theirs; the changelog must have a heading for it."""
    chart = yaml.safe_load((ROOT / "charts" / "mainstream" / "Chart.yaml").read_text(encoding="utf-8"))
    version = str(chart["appVersion"])
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    if version not in headings and "Unreleased" not in headings:
        raise CannotReleaseError(f"CHANGELOG.md: has neither a heading {version} nor Unreleased")
    return version


def make_wheel(folder: Path) -> Path:
    """The distribution, by the build back end that pyproject.toml names."""
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    (wheel,) = folder.glob("mainstream-*.whl")
    return wheel


def the_helm() -> str:
    """The program."""
    helm = os.environ.get("MAINSTREAM_TEST_HELM") or shutil.which("helm")
    if helm is None:
        raise CannotReleaseError("no helm: put it on PATH or name it in MAINSTREAM_TEST_HELM")
    return helm


def make_chart(folder: Path, registry: Registry | None, digests: Mapping[str, str]) -> Path:
    """The chart as an archive, as `helm push` takes it; with images by digest where they are in a registry."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "mainstream"
        shutil.copytree(ROOT / "charts" / "mainstream", source)
        if registry is not None:
            values = source / "values.yaml"
            values.write_text(pinned(values.read_text(encoding="utf-8"), registry, digests), encoding="utf-8")
        run(the_helm(), "package", source, "--destination", folder)
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


def copy_images(folder: Path, built: Path) -> dict[str, Path]:
    """Images that were built, by part; none where there are none."""
    there = {part: built / f"{part}.tar" for part in PARTS if (built / f"{part}.tar").is_file()}
    return {part: Path(shutil.copy2(file, folder / f"mainstream-{part}-image.tar")) for part, file in there.items()}


def push_images(registry: Registry, images: Mapping[str, Path], version: str) -> dict[str, str]:
    """Push all of them; their digests, by part."""
    missing = [part for part in PARTS if part not in images]
    if missing:
        raise CannotReleaseError(f"no image of {', '.join(missing)} to push: run `make images` first")
    return {part: registry.push_image(part, archive, version) for part, archive in images.items()}


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
        run("minisign", "-S", "-s", key, "-m", sums, "-x", made[-1])
    if key := os.environ.get(GPG_KEY):
        made.append(sums.with_name(f"{SUMS}.asc"))
        run("gpg", "--batch", "--yes", "--local-user", key, "--armor", "--output", made[-1], "--detach-sign", sums)
    return made


def make_release(folder: Path) -> list[str]:
    """Make all of it, anew; what to say of it."""
    version = the_version()
    named = os.environ.get(REGISTRY)
    registry = None if not named else Registry.named(named)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wheel = make_wheel(folder)
    bill = folder / f"mainstream-{version}.sbom.cdx.json"
    bill.write_text(json.dumps(bill_of(wheel), indent=1) + "\n", encoding="utf-8")
    images = copy_images(folder, ROOT / "out" / "images")
    digests = {} if registry is None else push_images(registry, images, version)
    chart = make_chart(folder, registry, digests)
    said = [] if images else ["without images: run `make images` first"]
    if images:
        known = {part: {"id": image_id(file), "digest": digests.get(part)} for part, file in images.items()}
        (folder / "images.json").write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    if registry is not None:
        said.append(f"pushed to {registry.push_chart(the_helm(), chart)}")
    else:
        said.append(f"not pushed: name a registry in {REGISTRY}")
    if not sign(write_sums(folder)):
        said.append(f"not signed: name a key in {MINISIGN_KEY} or {GPG_KEY}")
    return [f"{each.name} ({each.stat().st_size} bytes)" for each in sorted(folder.iterdir())] + said


if __name__ == "__main__":
    try:
        print("\n".join(make_release(ROOT / "out" / "release")))
    except CannotReleaseError as error:
        sys.exit(str(error))
