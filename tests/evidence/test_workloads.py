"""A cell of more apps than packages has twins that share nothing of their own."""

from typing import Any

import pytest

from mainstream.mpackage.manifest import Manifest
from photos.workloads import _twin


class _Copied:
    """Stands for a manifest, which a twin differs from in nothing but its own layers' share keys."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__ = fields

    def model_copy(self, update: dict[str, Any]) -> "_Copied":
        return _Copied(**{**self.__dict__, **update})


@pytest.fixture
def package() -> Any:
    segments = tuple(_Copied(prefix_hash=f"own-{k}", branch_point=k) for k in range(2))
    return _Copied(candidates=(_Copied(name="tuned-0", segments=segments), _Copied(name="flat-5", segments=())))


def keys(package: Manifest) -> list[str]:
    return [segment.prefix_hash for each in package.candidates for segment in each.segments]


def test_a_twin_has_the_same_candidates_and_no_layer_in_common(package: Any) -> None:
    first, second = _twin(package, 1), _twin(package, 2)
    assert [each.name for each in first.candidates] == ["tuned-0", "flat-5"]
    assert not {*keys(package)} & {*keys(first)}
    assert not {*keys(first)} & {*keys(second)}
    assert keys(first) == keys(_twin(package, 1))
    assert _twin(package, 0) is package
