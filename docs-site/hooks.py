"""Lets pages of the site link to files of the repository as they do on a code host.

A page links to `../SECURITY.md`, a page of the repository to `docs/events.md`: what lies outside of `docs` becomes a
page, or a file to read, below `repository/`, and links are written anew accordingly.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
BELOW = "repository"
_LINK = re.compile(r"(\]\()([^)#\s:]+)(#[^)\s]*)?(\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what pages link to, and what that links to."""
    waiting = [f"docs/{file.src_uri}" for file in files.documentation_pages()]
    known = {file.src_uri for file in files}
    while waiting:
        source = waiting.pop()
        for _, target, _, _ in _LINK.findall((ROOT / source).read_text("utf-8")):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
            uri = site_uri(path)
            if path.startswith("docs/") or uri in known or not (ROOT / path).is_file():
                continue
            known.add(uri)
            files.append(File.generated(config, uri, abs_src_path=str(ROOT / path)))
            if path.endswith(".md"):
                waiting.append(path)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Write links anew: from where the page lies in the site to where what it names does."""
    uri = page.file.src_uri
    source = uri.removeprefix(f"{BELOW}/") if uri.startswith(f"{BELOW}/") else f"docs/{uri}"

    def anew(match: re.Match[str]) -> str:
        opening, target, anchor, closing = match.groups()
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if not (ROOT / path).is_file():
            return match[0]
        return f"{opening}{posixpath.relpath(site_uri(path), posixpath.dirname(uri) or '.')}{anchor or ''}{closing}"

    return _LINK.sub(anew, markdown)


def site_uri(path: str) -> str:
    """Where a file of the repository lies in the site."""
    return path.removeprefix("docs/") if path.startswith("docs/") else f"{BELOW}/{path}"
