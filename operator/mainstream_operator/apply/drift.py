"""Whether what exists is what was wanted. Pure.

The API server adds defaults and others add their own fields, so it is enough that everything wanted is there, as
wanted; the digest among the wanted annotations tells of fields that are wanted no longer.
"""

from typing import Any

_NAMES = ("name", "key", "containerPort", "type", "uid")
"""by what things in a list are told apart, whatever their order"""
_NOT_LISTED = ("apiVersion", "kind")
"""of an object: what came with a list of its kind lacks them"""


def difference(observed: Any, wanted: Any, path: str = "") -> str | None:
    """Path of the first thing wanted that `observed` lacks or has otherwise; None where it has everything."""
    if isinstance(wanted, dict):
        if not isinstance(observed, dict):
            return path
        found = (
            difference(observed[name], value, f"{path}.{name}") if name in observed else f"{path}.{name}"
            for name, value in wanted.items()
            if path or name not in _NOT_LISTED
        )
        return next((each for each in found if each is not None), None)
    if isinstance(wanted, list):
        if not isinstance(observed, list) or len(observed) != len(wanted):
            return path
        return _difference_of_lists(observed, wanted, path)
    return None if observed == wanted else path


def _difference_of_lists(observed: list[Any], wanted: list[Any], path: str) -> str | None:
    """Named things in any order, other lists in theirs."""
    name = next((n for n in _NAMES if wanted and all(isinstance(w, dict) and n in w for w in wanted)), None)
    if name is None:
        pairs = list(zip(observed, wanted, strict=True))
    else:
        by_name = {o.get(name): o for o in observed if isinstance(o, dict)}
        pairs = [(by_name.get(w[name]), w) for w in wanted]
    found = (difference(o, w, f"{path}[{number}]") for number, (o, w) in enumerate(pairs))
    return next((each for each in found if each is not None), None)
