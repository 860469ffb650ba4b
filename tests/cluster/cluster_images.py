"""The three images, built from source: with Docker where its daemon answers, else with build-image of ../shared."""

import os
import shutil
import subprocess
from pathlib import Path

from cluster_tools import ROOT, SHARED, MissingToolError, run

IMAGES = {"operator": "operator", "runner": "runner-image", "trainer": "trainer-job"}
"""folder of each one's Dockerfile"""
_BUILD_TIMEOUT_S = 1800.0


def build_images(folder: Path) -> dict[str, Path]:
    """Archives by part; MAINSTREAM_TEST_IMAGES names a folder that has them already."""
    ready = os.environ.get("MAINSTREAM_TEST_IMAGES")
    if ready:
        return {part: Path(ready) / f"{part}.tar" for part in IMAGES}
    folder.mkdir(parents=True, exist_ok=True)
    return {part: _build(part, folder / f"{part}.tar") for part in IMAGES}


def _build(part: str, archive: Path) -> Path:
    name, dockerfile = f"localhost/mainstream-{part}:dev", ROOT / IMAGES[part] / "Dockerfile"
    build_image = Path(os.environ.get("MAINSTREAM_TEST_BUILD_IMAGE", SHARED / "cluster" / "build-image"))
    if _docker_answers():
        run("docker", "build", "-t", name, "-f", dockerfile, ROOT, timeout_s=_BUILD_TIMEOUT_S)
        run("docker", "save", "-o", archive, name)
    elif build_image.exists() and shutil.which("buildah"):
        run(build_image, "-t", name, "-o", archive, "-f", dockerfile, ROOT, timeout_s=_BUILD_TIMEOUT_S)
    else:
        raise MissingToolError(
            "no way to build images: start Docker, install buildah, debootstrap and crun for ../shared/cluster/"
            "build-image, or name a folder with operator.tar, runner.tar and trainer.tar in MAINSTREAM_TEST_IMAGES"
        )
    return archive


def _docker_answers() -> bool:
    if not shutil.which("docker"):
        return False
    asked = subprocess.run(["docker", "info"], capture_output=True, timeout=30, check=False)
    return asked.returncode == 0
