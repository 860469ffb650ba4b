"""The docs site: every field is described as its model says, what pages show can be applied, no link is dead."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter
from screen import Screen

from mainstream.api.kinds import RESOURCE_KINDS, ResourceKind
from mainstream.api.manifests.load import load_manifests
from mainstream.api.manifests.pages import fields_of, rendered_pages
from mainstream.api.schema import structural_schema
from mainstream.api.sinks.sink import Sink
from mainstream.api.video_app import VideoAppSpec
from mainstream.api.video_stream import VideoStreamSpec

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
SINKS = ("jsonLines", "webhook", "mqtt", "homeAssistant", "clips")
FIELDS = {
    field.alias or name: field.annotation
    for model in (VideoAppSpec, VideoStreamSpec)
    for name, field in model.model_fields.items()
}
Site = tuple[subprocess.CompletedProcess[str], Path]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (f"{page.relative_to(ROOT)}#{number}", text)
        for page in PAGES
        for number, (found, text) in enumerate(BLOCK.findall(page.read_text("utf-8")))
        if found == language
    ]


def test_the_pages_of_manifests_are_as_the_models_say() -> None:
    for path, text in rendered_pages().items():
        assert (ROOT / path).read_text("utf-8") == text, "run `make crds`"


@pytest.mark.parametrize("kind", RESOURCE_KINDS.values(), ids=lambda kind: kind.name)
def test_every_field_is_described(kind: ResourceKind) -> None:
    bare = [
        f"{part}.{path}"
        for part, model in (("spec", kind.spec), ("status", kind.status))
        for path, schema, _ in fields_of(structural_schema(model))
        if not schema.get("description")
    ]
    assert bare == []


@pytest.mark.parametrize(("where", "text"), blocks("yaml"))
def test_yaml_on_a_page_is_what_the_models_read(where: str, text: str, tmp_path: Path) -> None:
    documents = [each for each in yaml.safe_load_all(text) if isinstance(each, dict)]
    assert documents, where
    for document in documents:
        if "kind" in document:
            (tmp_path / "manifest.yaml").write_text(yaml.safe_dump(document))
            load_manifests(tmp_path)
            continue
        for key, value in document.items():
            if key in SINKS:
                TypeAdapter(Sink).validate_python({key: value})
            elif key in FIELDS:
                TypeAdapter(FIELDS[key]).validate_python(value)


def build(folder: Path, docs: Path) -> subprocess.CompletedProcess[str]:
    if importlib.util.find_spec("material") is None:
        pytest.skip("pip install mkdocs-material")
    config = folder / "mkdocs.yml"
    text = (ROOT / "mkdocs.yml").read_text("utf-8")
    config.write_text(
        text.replace("docs_dir: docs", f"docs_dir: {docs}")
        .replace("site_dir: out/site", f"site_dir: {folder / 'site'}")
        .replace("docs-site/hooks.py", str(ROOT / "docs-site/hooks.py"))
    )
    line = [sys.executable, "-m", "mkdocs", "build", "--config-file", str(config)]
    return subprocess.run(line, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """How the building of the docs as they are ended, and the folder that came of it."""
    folder = tmp_path_factory.mktemp("docs")
    return build(folder, ROOT / "docs"), folder / "site"


def test_the_site_is_built_without_a_dead_link(site: Site) -> None:
    built, folder = site
    assert built.returncode == 0, built.stderr[-2000:]
    page = (folder / "index.html").read_text("utf-8")
    assert 'href="repository/CONTRIBUTING.html"' in page
    assert (folder / "repository/SECURITY.html").is_file()


def test_the_site_is_whole_in_a_browser(site: Site, screen: Screen) -> None:
    built, folder = site
    assert built.returncode == 0
    assert "From your own camera to an alert" in screen.show("site", f"file://{folder / 'tutorial.html'}")
    for page in ("index", "manifests/videoapp", "design", "evidence"):
        assert len(screen.show(page.replace("/", "-"), f"file://{folder / page}.html")) > 500


def test_a_dead_link_is_an_error(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    with (tmp_path / "docs/index.md").open("a") as page:
        page.write("\n[nowhere](nowhere.md)\n")
    built = build(tmp_path, tmp_path / "docs")
    assert built.returncode != 0
    assert "nowhere.md" in built.stderr + built.stdout
