"""Pages for people: one template to HTML, with everything escaped and nothing left undefined."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render_html(package: str, /, **values: Any) -> str:
    """The page that `report.html.j2` of that package makes of the values."""
    environment = Environment(
        loader=PackageLoader(package, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(**values)
