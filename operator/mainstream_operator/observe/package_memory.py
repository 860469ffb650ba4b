"""How much of the operator's memory packages take: bounded in bytes, and shared by those who have some. Pure."""

from collections.abc import Mapping

from mainstream.mpackage.manifest import Manifest

KEPT_BYTES = 160 << 20
"""of all packages that apps need"""
SPARE_BYTES = 32 << 20
"""of those that no app needs at the moment"""
_PARSED = 10
"""what a byte of a manifest takes once it is read: measured 6 to 8, and 14 of one that is made for it"""


def size_bytes(manifest: Manifest) -> int:
    """What a package takes in memory, about."""
    return _PARSED * len(manifest.canonical()) + sum(len(each.replayed.data) for each in manifest.candidates)


def has_room(namespace: str, more_bytes: int, taken: Mapping[str, int]) -> bool:
    """Whether a namespace may have so much more; `taken` is what packages take now, by namespace.

    Everybody may have an equal part, and more as long as the others leave it.
    """
    if sum(taken.values()) + more_bytes <= KEPT_BYTES:
        return True
    equal_bytes = KEPT_BYTES / len({*taken, namespace})
    return taken.get(namespace, 0) + more_bytes <= equal_bytes
