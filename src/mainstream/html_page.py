"""Pages for people: one template to HTML, with everything escaped and nothing left undefined."""

from collections.abc import Sequence
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


def render_html(package: str, /, *, parts: Sequence[str] = (), **values: Any) -> str:
    """The page that `report.html.j2` of that package makes of the values.

    `parts` are packages whose templates it imports.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(each, ".") for each in (package, *parts)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(**values)
