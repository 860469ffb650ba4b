"""SECURITY.md names the test that shows each promise; they exist, in the files that it names."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_test_that_security_md_names_exists() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    names = set(re.findall(r"`(test_\w+)`", TEXT))
    assert len(names) > 20
    assert [name for name in sorted(names) if f"def {name}(" not in tests] == []


def test_every_file_that_security_md_names_exists() -> None:
    paths = set(re.findall(r"`((?:tests|charts|images|docs)/[\w./-]+)`", TEXT))
    assert len(paths) > 5
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
