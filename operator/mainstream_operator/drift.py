"""Whether what exists is what was wanted. Pure.

The API server adds defaults and others add their own fields, so it is enough that everything wanted is there, as
wanted; the digest among the wanted annotations tells of fields that are wanted no longer.
"""

from typing import Any

_NAMED = ("name", "key", "containerPort", "type", "uid")


def covers(observed: Any, wanted: Any) -> bool:
    """Whether `observed` has everything of `wanted`, with the same values."""
    if isinstance(wanted, dict):
        return isinstance(observed, dict) and all(
            name in observed and covers(observed[name], value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(observed, list) and len(observed) == len(wanted) and _covers_each(observed, wanted)
    return bool(observed == wanted)


def _covers_each(observed: list[Any], wanted: list[Any]) -> bool:
    """Lists of named things in any order, other lists in theirs."""
    name = next((each for each in _NAMED if wanted and all(isinstance(w, dict) and each in w for w in wanted)), None)
    if name is None:
        return all(covers(o, w) for o, w in zip(observed, wanted, strict=True))
    by_name = {o.get(name): o for o in observed if isinstance(o, dict)}
    return all(w[name] in by_name and covers(by_name[w[name]], w) for w in wanted)
