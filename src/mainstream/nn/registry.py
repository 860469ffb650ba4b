"""Base networks by name, from the entry point group `mainstream.base_networks`.

An entry point is a function without arguments that returns a `Network`; it raises `MainstreamError` where its weights
are not to be had.
"""

from functools import cache
from importlib.metadata import entry_points

from mainstream.errors import InvalidInputError
from mainstream.nn.network import Network

GROUP = "mainstream.base_networks"


def installed_base_networks() -> list[str]:
    """Names that `load_base_network` takes here."""
    return sorted(entry_points(group=GROUP).names)


@cache
def load_base_network(name: str) -> Network:
    """The pre-trained network of that name, cut at its branch-points, with its real weights."""
    found = entry_points(group=GROUP, name=name)
    if not found:
        have = ", ".join(installed_base_networks()) or "none"
        raise InvalidInputError(
            f"base network {name!r} is not installed (installed: {have}); install the package that provides it, "
            f"or name one of those",
            field="base",
        )
    try:
        make = next(iter(found)).load()
        network: Network = make()
    except ImportError as error:
        raise InvalidInputError(
            f"base network {name!r} needs {error.name}: pip install 'mainstream[runner]'", field="base"
        ) from error
    return network
