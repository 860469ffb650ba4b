"""What packages are called: names that keys of a store and objects of Kubernetes may have, unlike people's labels."""

import re
import shlex
import unicodedata
from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter, ValidationError

from mainstream.errors import InvalidInputError
from mainstream.mpackage.manifest import PackageName

_NAME: TypeAdapter[str] = TypeAdapter(PackageName)
_MAY_HOLD = "lower-case letters, digits, - and ., with a letter or a digit at both ends"


def is_package_name(name: str) -> bool:
    """Whether a package can be called that."""
    try:
        _NAME.validate_python(name)
    except ValidationError:
        return False
    return True


def check_package_name(name: str, version: str) -> None:
    """`InvalidInputError` where no package can have this name and version."""
    for field, text in (("app", name), ("version", version)):
        if not is_package_name(text):
            raise InvalidInputError(f"{text!r} cannot be in a package's name, which holds {_MAY_HOLD}", field=field)


def package_names(labels: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """The package's name for each label: the given one, or else the label itself.

    `InvalidInputError` tells all labels that no package can be called, with what might be given instead.
    """
    unknown = sorted(set(given) - set(labels))
    if unknown:
        raise InvalidInputError(f"there is no label {unknown[0]!r} (there are: {', '.join(labels)})", field="--name")
    names = {label: given.get(label, label) for label in labels}
    bad = [label for label, name in names.items() if not is_package_name(name)]
    if bad:
        options = " ".join(f"--name {shlex.quote(f'{label}={_suggested(label)}')}" for label in bad)
        told = ", ".join(repr(names[label]) for label in bad)
        raise InvalidInputError(
            f"no package can be called {told}: a name holds {_MAY_HOLD}; give one, as in {options}", field="--name"
        )
    taken = [name for name in names.values() if list(names.values()).count(name) > 1]
    if taken:
        raise InvalidInputError(f"two labels would be called {taken[0]!r}; give each its own", field="--name")
    return names


def _suggested(label: str) -> str:
    plain = unicodedata.normalize("NFKD", label).encode("ascii", errors="ignore").decode().lower()
    return re.sub(r"[^a-z0-9.]+", "-", plain).strip("-.") or "NAME"
