"""What differs between two packages, as plain data."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mainstream.mpackage.manifest import Blob, Manifest, PackedCandidate


@dataclass(frozen=True)
class Change:
    """One value that is another; None where a side has none."""

    what: str
    before: Any
    after: Any


@dataclass(frozen=True)
class CandidateChange:
    """A candidate that is another; None where a side has none of that name."""

    name: str
    before: PackedCandidate | None
    after: PackedCandidate | None

    @property
    def new_bytes(self) -> int:
        """Of blobs that the candidate before has not."""
        return sum(blob.size_bytes for blob in _blobs(self.after) - _blobs(self.before))

    @property
    def shared_bytes(self) -> int:
        """Of blobs that both have."""
        return sum(blob.size_bytes for blob in _blobs(self.after) & _blobs(self.before))


@dataclass(frozen=True)
class Difference:
    """From one package to another; all empty where they are the same but for name and version."""

    changes: tuple[Change, ...]
    """of base network, statistics, training"""
    candidates: tuple[CandidateChange, ...]
    """that differ, by branch-point and name"""
    new_bytes: int
    """that whoever has the first package fetches for the second"""
    shared_bytes: int


def compare(before: Manifest, after: Manifest) -> Difference:
    """How `after` differs from `before`."""
    both = [each for manifest in (before, after) for each in manifest.candidates]
    names = dict.fromkeys(each.name for each in sorted(both, key=lambda each: (each.branch_point, each.name)))
    old, new = ({each.name: each for each in manifest.candidates} for manifest in (before, after))
    return Difference(
        changes=tuple(_changes("", _plain(before), _plain(after))),
        candidates=tuple(
            CandidateChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
        ),
        new_bytes=sum(blob.size_bytes for blob in after.blobs - before.blobs),
        shared_bytes=sum(blob.size_bytes for blob in after.blobs & before.blobs),
    )


def _plain(manifest: Manifest) -> dict[str, Any]:
    return manifest.model_dump(mode="json", exclude={"candidates", "name", "version", "prefix_hashes"})


def _changes(where: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from _changes(f"{where}.{key}" if where else key, before.get(key), after.get(key))
    elif before != after:
        yield Change(where, before, after)


def _blobs(candidate: PackedCandidate | None) -> frozenset[Blob]:
    return frozenset(candidate.blobs) if candidate is not None else frozenset()
