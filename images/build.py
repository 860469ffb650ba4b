"""`make images`: the images as archives in out/images, each with its bill of materials, and how large they are.

Built with Docker where its daemon answers (or with what MAINSTREAM_TEST_BUILD_IMAGE names), else with build-image of
../shared, which needs no image registry.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("MAINSTREAM_TEST_SHARED", ROOT.parent / "shared"))
FOLDERS = {"operator": "operator", "runner": "runner-image", "trainer": "trainer-job", "console": "console"}
"""folder of each one's Dockerfile"""
LARGEST_MB = {"operator": 110, "runner": 450, "trainer": 450, "console": 110}
"""`gzip -6` of the archive"""
BILL = "usr/share/mainstream/sbom.cdx.json"
HOW = (
    "no way to build images: start Docker, install buildah, debootstrap and crun for ../shared/cluster/build-image, "
    "or name a folder with operator.tar, runner.tar, trainer.tar and console.tar in MAINSTREAM_TEST_IMAGES"
)
_TIMEOUT_S = 1800.0
_CHUNK_BYTES = 1 << 20


class CannotBuildError(Exception):
    """Nothing here builds images; says what to install."""


def build(part: str, archive: Path) -> Path:
    """Build one image from the working tree, as `localhost/mainstream-PART:dev`; raises `CannotBuildError`."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    name, dockerfile = f"localhost/mainstream-{part}:dev", ROOT / FOLDERS[part] / "Dockerfile"
    build_image = Path(os.environ.get("MAINSTREAM_TEST_BUILD_IMAGE", SHARED / "cluster" / "build-image"))
    arguments = ("--build-arg", f"VERSION={version()}", "--build-arg", f"REVISION={_revision()}")
    if _docker_answers():
        _run("docker", "build", "-t", name, *arguments, "-f", dockerfile, ROOT)
        _run("docker", "save", "-o", archive, name)
    elif build_image.exists() and shutil.which("buildah"):
        _run(build_image, "-t", name, "-o", archive, *arguments, "-f", dockerfile, ROOT)
    else:
        raise CannotBuildError(HOW)
    return archive


def compressed_bytes(archive: Path) -> int:
    """Size of `gzip -6` of the archive."""
    packer, size = zlib.compressobj(6, wbits=31), 0
    with archive.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            size += len(packer.compress(chunk))
    return size + len(packer.flush())


def layers(archive: Path) -> list[str]:
    """Digests of the image's layers, the lowest first."""
    return list(_configuration(archive)["rootfs"]["diff_ids"])


def labels(archive: Path) -> dict[str, str]:
    """What the image says of itself (OCI annotations)."""
    return dict(_configuration(archive)["config"]["Labels"])


def version() -> str:
    """Of the distribution, as the chart has it."""
    chart = (ROOT / "charts" / "mainstream" / "Chart.yaml").read_text(encoding="utf-8")
    (found,) = re.findall(r"^appVersion: (\S+)$", chart, re.MULTILINE)
    return str(found)


def _configuration(archive: Path) -> dict[str, Any]:
    with tarfile.open(archive) as tar:
        found: dict[str, Any] = json.loads(_member(tar, json.loads(_member(tar, "manifest.json"))[0]["Config"]))
        return found


def file_of(archive: Path, path: str) -> bytes:
    """Content of one file of the image, as its uppermost layer has it."""
    with tarfile.open(archive) as tar:
        for layer in reversed(json.loads(_member(tar, "manifest.json"))[0]["Layers"]):
            with tarfile.open(fileobj=tar.extractfile(layer), mode="r:*") as content:
                try:
                    return _member(content, path)
                except KeyError:
                    continue
    raise KeyError(path)


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read()


def _run(*command: str | Path) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=_TIMEOUT_S)
    if done.returncode:
        raise AssertionError(f"{command[0]}: {(done.stderr or done.stdout).strip()[-3000:]}")


def _revision() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    asked = subprocess.run([git, "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True)
    return asked.stdout.strip() or "unknown"


def _docker_answers() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "info"], capture_output=True, timeout=30).returncode == 0


def main() -> int:
    """Build all, and say how large they are; the exit code is 1 where one is too large."""
    folder = ROOT / "out" / "images"
    met = True
    try:
        archives = {part: build(part, folder / f"{part}.tar") for part in FOLDERS}
    except CannotBuildError as error:
        print(error, file=sys.stderr)
        return 2
    for part, archive in archives.items():
        (folder / f"{part}.cdx.json").write_bytes(file_of(archive, BILL))
        size_mb = compressed_bytes(archive) / 1e6
        met &= size_mb <= LARGEST_MB[part]
        print(f"{archive.relative_to(ROOT)}: {size_mb:.1f} MB by gzip -6 (target: at most {LARGEST_MB[part]} MB)")
    shared = sum(a == b for a, b in zip(layers(archives["runner"]), layers(archives["trainer"]), strict=False))
    print(f"runner and trainer share their first {shared} layers")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
