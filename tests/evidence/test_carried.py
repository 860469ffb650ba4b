"""What one core carries: the search for it."""

import pytest

from evidence.carried import most


@pytest.mark.parametrize("carried", [0, 1, 2, 3, 7, 8, 63, 64])
def test_the_most_that_fits_is_found_with_few_tries(carried: int) -> None:
    tried: list[int] = []

    def fits(cameras: int) -> bool:
        tried.append(cameras)
        return cameras <= carried

    assert most(fits, 64) == carried
    assert len(tried) == len(set(tried)) <= 14


def test_no_more_is_found_than_is_looked_for() -> None:
    assert most(lambda cameras: True, 50) == 50
