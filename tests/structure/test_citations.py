"""What the repository cites is in the repository: no page or issue outside it, and no link that leads nowhere."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DESIGN = ROOT / "docs" / "design.md"

NOT_OURS = {"LICENSE"}
TEXT = {
    ".py",
    ".md",
    ".j2",
    ".gotmpl",
    ".yaml",
    ".yml",
    ".toml",
    ".json",
    ".html",
    ".css",
    ".js",
    ".sh",
    ".cfg",
    ".ini",
    "",
}

ISSUE = re.compile(r"\bissues?[ -]#?\d|\(#\d+\)|\bthe issue\b|\bissue's\b", re.IGNORECASE)
DESIGN_PAGE = re.compile(r"(?<!docs/)(?<!\()\bdesign\.md\b|\(design:|\bdesign page\b", re.IGNORECASE)
CITED_SECTIONS = re.compile(r'docs/design\.md,\s+("[^"]+"(?:(?:,| and)\s+"[^"]+")*)')
MODULE = re.compile(r"`(?!mainstream\.video)(mainstream(?:_\w+)?(?:\.\w+)+)")
PATH = re.compile(r"`((?:src|operator|runner-image|trainer-job|demo|tests|benchmarks|charts|examples)/[\w./-]+)`")
TEST_FILE = re.compile(r"\btests/[\w/]+\.py\b")
MADE_BY_A_RECIPE = {"runner-image/mainstream_runner/sinks/tcp_lines.py", "src/mainstream/nn/heads/max_linear.py"}
LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def files() -> list[Path]:
    """All files of the repository that hold text."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("git and a checkout are needed to know which files are the repository's")
    paths = [ROOT / name for name in listed if name not in NOT_OURS]
    return [path for path in paths if path.is_file() and path.suffix in TEXT and path != Path(__file__)]


def pages() -> list[Path]:
    """All pages that people read."""
    patterns = ("*.md", "docs/*.md", "examples/*/*.md", "charts/*/*.md", "charts/*/*.md.gotmpl")
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def headings(page: Path) -> list[str]:
    """Titles of a page's sections."""
    prose = FENCED.sub("", page.read_text())
    return [title.strip() for title in re.findall(r"^#+ (.+)$", prose, re.MULTILINE)]


def anchor(title: str) -> str:
    """What a heading is linked by: lower case, without punctuation, spaces as hyphens."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def joined(text: str) -> str:
    """Comments and docstrings with their lines joined, so that a citation may break anywhere."""
    return re.sub(r"\s*\n\s*(?:# ?)?", " ", text)


def cited_lines(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_cites_an_issue() -> None:
    found = cited_lines(ISSUE, files())
    assert not found, "say what the issue says, not its number:\n" + "\n".join(found)


def test_no_file_cites_a_design_page_but_that_of_docs() -> None:
    # The site's nav names pages below docs.
    found = cited_lines(DESIGN_PAGE, [path for path in files() if path.name != "mkdocs.yml"])
    assert not found, 'cite docs/design.md, "Section":\n' + "\n".join(found)


def test_every_section_of_the_design_that_code_cites_exists() -> None:
    titles = set(headings(DESIGN))
    cited = [
        (path, title)
        for path in files()
        if path.suffix == ".py"
        for group in CITED_SECTIONS.findall(joined(path.read_text()))
        for title in re.findall(r'"([^"]+)"', group)
    ]
    assert len(cited) > 10, "the pattern finds no citations"
    wrong = [f'{path.relative_to(ROOT)}: "{title}"' for path, title in cited if title not in titles]
    assert not wrong, f"docs/design.md has {sorted(titles)}, but these are cited:\n" + "\n".join(wrong)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for target in LINK.findall(FENCED.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target) or "{{" in target:
            continue
        name, _, fragment = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists():
            broken.append(f"{target}: there is no such file")
        elif fragment and fragment not in {anchor(title) for title in headings(file)}:
            broken.append(f"{target}: {file.name} has no such heading")
    assert not broken, f"{page.relative_to(ROOT)}:\n" + "\n".join(broken)


def package_folders() -> list[Path]:
    """Folders that hold the packages."""
    return [ROOT / name for name in ("src", "operator", "runner-image", "trainer-job", "demo")]


def exists_as_module(name: str) -> bool:
    """Whether a dotted name is a module, or something that a module holds."""
    parts = name.split(".")
    return any(
        (folder.joinpath(*cut) / "__init__.py").is_file() or folder.joinpath(*cut).with_suffix(".py").is_file()
        for folder in package_folders()
        for cut in (parts, parts[:-1])
        if len(cut) > 1
    )


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_module_and_path_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    groups = set(re.findall(r'entry-points\."([\w.]+)"', (ROOT / "pyproject.toml").read_text()))
    modules = [name for name in MODULE.findall(text) if name not in groups and not exists_as_module(name)]
    paths = [path for path in PATH.findall(text) if path not in MADE_BY_A_RECIPE and not (ROOT / path).exists()]
    assert not modules + paths, f"{page.relative_to(ROOT)} names what is not there: {modules + paths}"


def test_every_file_of_tests_that_anything_names_exists() -> None:
    # Commands, code and comments name tests too, and a test that was moved is passed over in silence.
    named = {(path, name) for path in files() for name in TEST_FILE.findall(path.read_text())}
    assert len(named) > 10, "the pattern finds no names"
    wrong = sorted(f"{path.relative_to(ROOT)}: {name}" for path, name in named if not (ROOT / name).is_file())
    assert not wrong, "these name what is not there:\n" + "\n".join(wrong)
