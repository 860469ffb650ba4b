"""Orders of any size as the bytes of ConfigMaps."""

import gzip
import hashlib
import random
import string

import pytest

from mainstream.errors import InvalidInputError
from mainstream.messages.packed_orders import (
    INDEX_FILE,
    MAX_ORDERS_BYTES,
    MAX_PARTS,
    PART_BYTES,
    OrdersText,
    pack_orders,
    part_file,
    unpack_orders,
)

CONFIG_MAP_BYTES = 1 << 20
"""of data, at most: Kubernetes refuses more"""


def noise(length: int) -> str:
    """Text that hardly shrinks: every printable character of an address is as likely as any other."""
    letters = [each for each in string.printable[:94] if each not in '"\\']
    return "".join(random.Random(7).choices(letters, k=length))  # noqa: S311 - nothing secret


def test_what_is_packed_is_read_back_and_always_packed_alike() -> None:
    for text in (OrdersText("{}", None), OrdersText('{"bases":["lite"]}', '{"node":"n1"}')):
        assert unpack_orders(pack_orders(text)) == text
        assert pack_orders(text) == pack_orders(text)


def test_orders_that_can_hardly_be_compressed_fit_into_config_maps_at_their_largest() -> None:
    text = OrdersText("{}", noise(MAX_ORDERS_BYTES - 3))
    files = pack_orders(text)
    assert 20 < len(files) - 1 <= MAX_PARTS
    assert all(len(data) <= PART_BYTES for data in files.values())
    assert len(files[INDEX_FILE]) + PART_BYTES + 1000 < CONFIG_MAP_BYTES
    assert unpack_orders(files) == text
    with pytest.raises(InvalidInputError, match="more than"):
        pack_orders(OrdersText("{}", noise(MAX_ORDERS_BYTES)))


@pytest.mark.parametrize("file", [INDEX_FILE, part_file(0), part_file(1)])
def test_orders_of_which_a_file_is_another_are_not_read(file: str) -> None:
    files = pack_orders(OrdersText("{}", noise(2_000_000)))
    assert len(files) == 3
    for data in (b"", b"\x00" * 9, files[file][:-1], files[file] + b" ", b"\xff" * PART_BYTES):
        if file != INDEX_FILE or data != files[file] + b" ":
            with pytest.raises(InvalidInputError):
                unpack_orders({**files, file: data})
    del files[file]
    if file == INDEX_FILE:
        assert unpack_orders(files) is None
    else:
        with pytest.raises(InvalidInputError, match=file):
            unpack_orders(files)


def test_orders_that_unfold_without_end_are_given_up() -> None:
    bomb = gzip.compress(b"x" * (MAX_ORDERS_BYTES + 2), 9, mtime=0)
    index = f'{{"sha256":"{hashlib.sha256(bomb).hexdigest()}","parts":1}}'.encode()
    with pytest.raises(InvalidInputError, match="more than"):
        unpack_orders({INDEX_FILE: index, part_file(0): bomb})
