"""A release in a registry: images by the digests that they have there, and the chart as an OCI artifact."""

import hashlib
import io
import json
import shutil
import socket
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import release
import yaml
from chart_tools import CHART, tool
from registry import PARTS, CannotReleaseError, Registry, pinned

_STARTS_WITHIN_S = 30.0
_ACCEPTED = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """Debian's docker-registry over a folder."""
    program = shutil.which("docker-registry")
    if program is None or shutil.which("skopeo") is None:
        pytest.skip("no registry to push to: apt-get install docker-registry skopeo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    file = tmp_path / "registry.yml"
    storage = {"filesystem": {"rootdirectory": str(tmp_path / "registry")}}
    settings = {"version": 0.1, "log": {"level": "error"}, "storage": storage, "http": {"addr": f"127.0.0.1:{port}"}}
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    quiet = subprocess.DEVNULL
    with subprocess.Popen([program, "serve", str(file)], stdout=quiet, stderr=quiet) as server:
        try:
            _wait(port)
            yield Registry.named(f"http://127.0.0.1:{port}/team")
        finally:
            server.terminate()


def _wait(port: int) -> None:
    until_s = time.monotonic() + _STARTS_WITHIN_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < until_s, "the registry does not listen"
        time.sleep(0.1)


def archive(path: Path, content: bytes) -> Path:
    """An image of one file, as `docker save` and build-image write it."""
    layer = _packed({"content": content})
    diff = f"sha256:{hashlib.sha256(layer).hexdigest()}"
    configuration = {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [diff]},
    }
    manifest = [{"Config": "configuration.json", "Layers": ["layer.tar"]}]
    files = {
        "configuration.json": json.dumps(configuration).encode(),
        "layer.tar": layer,
        "manifest.json": json.dumps(manifest).encode(),
    }
    path.write_bytes(_packed(files))
    return path


def _packed(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return made.getvalue()


def digest_there(registry: Registry, part: str, version: str) -> str:
    """What the registry itself says."""
    host, _, path = registry.image(part).partition("/")
    asked = urllib.request.Request(f"http://{host}/v2/{path}/manifests/{version}", headers={"Accept": _ACCEPTED})
    with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 - our own
        return str(answer.headers["Docker-Content-Digest"])


def said_by(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def test_the_chart_in_a_registry_names_its_images_by_the_digests_that_they_have_there(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helm = tool("helm")
    monkeypatch.setenv("MAINSTREAM_TEST_HELM", helm)
    monkeypatch.setenv("HELM_CACHE_HOME", str(tmp_path / "helm"))
    images = {part: archive(tmp_path / f"{part}.tar", part.encode()) for part in PARTS}
    digests = release.push_images(registry, images, "9.9.9")
    assert digests == {part: digest_there(registry, part, "9.9.9") for part in PARTS}
    assert len(set(digests.values())) == len(PARTS)
    packed = release.make_chart(tmp_path, registry, digests)
    place, pulled = registry.push_chart(helm, packed), tmp_path / "pulled"
    pulled.mkdir()
    version = packed.name.removeprefix("mainstream-").removesuffix(".tgz")
    said_by(helm, "pull", place, "--version", version, "--plain-http", "--destination", str(pulled))
    (chart,) = pulled.iterdir()
    assert chart.read_bytes() == packed.read_bytes()
    rendered = said_by(helm, "template", "mainstream", str(chart), "--kube-version", "1.34.0")
    for part in ("operator", "runner"):
        assert f"{registry.image(part)}@{digests[part]}" in rendered
    assert "localhost/" not in rendered


def test_only_where_images_stand_do_values_change() -> None:
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    digests = {part: f"sha256:{str(index) * 64}" for index, part in enumerate(PARTS)}
    before, after = (yaml.safe_load(each) for each in (text, pinned(text, Registry("r.example/team"), digests)))
    for part in PARTS:
        image: dict[str, Any] = after[part].pop("image")
        assert (image["repository"], image["tag"]) == (f"r.example/team/mainstream-{part}", "")
        assert image["digest"] == digests[part]
        del before[part]["image"]
    assert before == after
    with pytest.raises(CannotReleaseError, match="has no image of the operator"):
        pinned("operator: {}\n", Registry("r.example"), digests)


def test_nothing_is_pushed_where_an_image_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CannotReleaseError, match="no image of runner, trainer, console to push: run `make images`"):
        release.push_images(Registry("r.example"), {"operator": tmp_path / "operator.tar"}, "1")
