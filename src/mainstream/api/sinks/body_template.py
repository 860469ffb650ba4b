"""A webhook's body as its receiver wants it: a Jinja template of an alert's fields, checked when it is read. Pure.

What it may cost is bounded by what it may hold, not by a clock: fields, conditions and a few filters, but no loops, no
definitions and nothing that multiplies text. So rendering takes as long as the template is, and each of its expressions
gives at most a few times what it was given. It is rendered in Jinja's sandbox all the same.
"""

import json
from collections.abc import Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_CHARACTERS = 4096
"""of a template"""
MOST_BYTES = 64 << 10
"""of what comes of it"""
JSON = "application/json"
_FILTERS = {"default": 1, "int": 0, "lower": 0, "round": 1, "tojson": 0, "trim": 0, "upper": 0, "urlencode": 0}
"""with the arguments that each may have"""
_MOST_FILTERS = 2
"""one upon the other: `tojson` of `tojson` writes twice as many characters, and so on"""
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.CondExpr),
    *(nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
    *(nodes.Add, nodes.Sub, nodes.Div, nodes.Neg, nodes.Concat),
)
_WORDS = {
    nodes.For: "a loop",
    nodes.Macro: "a macro",
    nodes.Call: "a call",
    nodes.Mul: "a product",
    nodes.Pow: "a power",
}
_MAY = f"a template may hold fields, if, sums and the filters {', '.join(_FILTERS)}"

Field = str | float | bool | None
EXAMPLE: Mapping[str, Field] = {
    "event": "opened",
    "id": "1c0e5c2e-7c1b-5f0e-9a55-1f1f0b7b2a11",
    "app": "plaza/crossing",
    "start_s": 1795377600.25,
    "end_s": 1795377603.5,
    "peak_score": 0.9375,
    "frames": 12,
    "node": "edge-1",
    "stream": "plaza/entrance",
    "view": "full",
    "clip": None,
    "picture": "20261122T120000Z-1c0e5c2e-7c1b-5f0e-9a55-1f1f0b7b2a11.jpg",
    "muted": False,
    "interrupted": False,
    "review_url": "https://console.example.org/r/WyJwbGF6YSJd.c2lnbmVk",
    "start": "2026-11-22T12:00:00.250+00:00",
    "end": "2026-11-22T12:00:03.500+00:00",
}
"""an alert with every field that a template may name"""


class BodyTemplate:
    """A template that was found harmless."""

    def __init__(self, text: str, media_type: str = JSON) -> None:
        """Raises `ValueError` with a sentence where it holds what it may not, or makes no body of an alert."""
        self._media_type = media_type
        try:
            self._template = _compiled(text)
        except TemplateError as error:
            raise ValueError(f"it is no Jinja: {error.message or type(error).__name__}") from error
        except (RecursionError, SyntaxError, MemoryError) as error:
            raise ValueError("it is nested too deeply; write it flatter") from error
        for event in ("opened", "closed"):
            self.render({**EXAMPLE, "event": event})
            self.render({**EXAMPLE, "event": event, "picture": None, "review_url": None, "interrupted": True})

    def render(self, fields: Mapping[str, Field]) -> bytes:
        """The body for an alert's fields; raises `ValueError` with a sentence where there is none."""
        parts: list[bytes] = []
        try:
            for part in self._template.generate(fields):
                parts.append(part.encode())
                if sum(map(len, parts)) > MOST_BYTES:
                    raise ValueError(f"it gives more than {MOST_BYTES} bytes; make it shorter")
        except (TemplateError, ArithmeticError, TypeError, RecursionError) as error:
            raise ValueError(f"it fails for an alert ({error}); try it with the fields of docs/events.md") from error
        body = b"".join(parts)
        if self._media_type == JSON:
            try:
                json.loads(body)
            except ValueError as error:
                raise ValueError(
                    f"it gives no JSON ({error}); write texts as {{{{ app | tojson }}}}, or say another contentType"
                ) from error
        return body


class _Sandbox(ImmutableSandboxedEnvironment):
    """Without any global."""

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
        self.globals.clear()


@lru_cache(maxsize=256)
def _compiled(text: str) -> Template:
    environment = _Sandbox()
    tree = environment.parse(text)
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            word = _WORDS.get(type(node), type(node).__name__)
            raise ValueError(f"{word} is not allowed; {_MAY}")
        if isinstance(node, nodes.Name) and node.name not in EXAMPLE:
            raise ValueError(f"an alert has no field {node.name!r}; it has {', '.join(EXAMPLE)}")
        if isinstance(node, nodes.Test) and node.name not in ("none", "defined"):
            raise ValueError(f"the test {node.name!r} is not allowed; compare, or ask whether a field is none")
        if isinstance(node, nodes.Filter):
            _check_filter(node)
    return environment.from_string(tree)


def _check_filter(node: nodes.Filter) -> None:
    most = _FILTERS.get(node.name)
    if most is None or len(node.args) > most or node.kwargs or node.dyn_args or node.dyn_kwargs or node.node is None:
        raise ValueError(f"the filter {node.name!r} is not allowed so; {_MAY}")
    if 1 + sum(1 for _ in node.node.find_all(nodes.Filter)) + isinstance(node.node, nodes.Filter) > _MOST_FILTERS:
        raise ValueError(f"more than {_MOST_FILTERS} filters one upon the other are not allowed; {_MAY}")
