"""The house rules that no linter knows: sizes of files and folders, names that are used once, typed messages."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = tuple(
    ROOT / folder
    for folder in (
        "src/mainstream",
        "operator/mainstream_operator",
        "runner-image/mainstream_runner",
        "trainer-job/mainstream_trainer",
        "demo/mainstream_demo",
        "kubectl/mainstream_kubectl",
        "console/mainstream_console",
    )
)
BENCHMARKS = ROOT / "benchmarks"
TESTS = (ROOT / "tests" / "cluster", ROOT / "tests" / "operator")
MOST_LINES = 300
MOST_MODULES = 15


def _modules(*more: Path) -> Iterator[Path]:
    for package in (*PACKAGES, *more):
        yield from sorted(package.rglob("*.py"))


def test_no_file_is_longer_than_one_can_read_at_once() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in _modules(BENCHMARKS)}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_folder_holds_more_modules_than_one_can_keep_in_mind() -> None:
    modules = [path for path in _modules(BENCHMARKS, *TESTS) if path.name != "__init__.py"]
    counts = Counter(str(path.parent.relative_to(ROOT)) for path in modules)
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}


def test_a_public_class_name_stands_for_one_thing() -> None:
    places: dict[str, list[str]] = {}
    for path in _modules():
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize("package", PACKAGES[2:3], ids=lambda path: path.name)
def test_no_function_takes_or_gives_a_dictionary_as_a_message(package: Path) -> None:
    untyped = []
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                hints = [each.annotation for each in (*node.args.args, *node.args.kwonlyargs)] + [node.returns]
                if any(hint is not None and "dict[str, Any]" in ast.unparse(hint) for hint in hints):
                    untyped.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert untyped == []


def test_the_operator_folder_never_becomes_a_package() -> None:
    # It would shadow the standard library's `operator`.
    assert not (ROOT / "operator" / "__init__.py").exists()
