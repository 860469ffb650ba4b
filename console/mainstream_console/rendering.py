"""Pages from templates, each with a token for its forms; and what goes wrong, in one sentence."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from mainstream_console.guards import FormTokens

_log = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "static"
_TEMPLATES = Environment(
    loader=PackageLoader("mainstream_console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_SCRIPTS = ("htmx.min.js", "sse.min.js", "console.js")
"""in the order in which they load; the first two are fetched by `make console-assets`, and pages work without them"""


@dataclass(frozen=True)
class Renderer:
    """Renders pages and checks where forms came from."""

    tokens: FormTokens = field(default_factory=FormTokens)
    has_login: bool = False
    """pages say who is there, and lead to the other pages of a cluster"""
    is_secure: bool = False
    """cookies go over TLS alone, whatever this process sees: a proxy ends it"""

    def page(self, request: Request, template: str, *, code: int = 200, **values: Any) -> Response:
        """A page; its browser keeps the session that the page's forms are for."""
        session = self.tokens.session(request)
        scripts = [name for name in _SCRIPTS if (STATIC / name).is_file()]
        visitor = getattr(request.state, "who", None)
        common = {"token": self.tokens.token(session), "scripts": scripts, "has_login": self.has_login}
        text = _TEMPLATES.get_template(template).render(**common, visitor=visitor, **values)
        response = HTMLResponse(text, code)
        self.tokens.keep(response, session, secure=self.is_secure or request.url.scheme == "https")
        return response

    async def form(self, request: Request) -> dict[str, str]:
        """Fields of a form of ours; raises an `HTTPException` where it came from elsewhere."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        if not self.tokens.is_ours(request, form.pop("token", "")):
            raise HTTPException(403, "this form is not of this browser's session; load the page again")
        return form


def told(request: Request, error: Exception) -> Response:
    """A refusal."""
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these alone
    return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)


def failed(request: Request, error: Exception) -> Response:
    """What is not the visitor's fault."""
    _log.error("%s", error)
    return PlainTextResponse(f"nothing was kept: {error}\n", 502)
