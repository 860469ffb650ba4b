"""A runner's orders as the bytes of ConfigMaps: compressed, split over as many as it takes, and checked as a whole.

A ConfigMap holds 1 MiB at most, and apps with long addresses to deliver to need far more than that together. The same
orders always give the same bytes. A kubelet may show files of different orders side by side for a moment: the index
says how many parts there are and what their sha256 is, so that only whole orders are ever read.

Compressed are two lines: what is wanted (`Wanted`), and the plan (`RunnerPlan`; the line is missing without one).
"""

import gzip
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mainstream.errors import InvalidInputError
from mainstream.files.digest import Sha256

INDEX_FILE = "orders-index.json"
"""an `OrdersIndex`, beside the first part"""
MAX_PARTS = 24
"""each lies in a ConfigMap of its own"""
PART_BYTES = 1_000_000
MAX_ORDERS_BYTES = 24 << 20
"""of the text, such that it fits into the parts however little it can be compressed: JSON of random printable
characters shrinks to .83"""
_LEVEL = 6
_GZIP = 16 + zlib.MAX_WBITS


class OrdersIndex(BaseModel):
    """What belongs together."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sha256: Sha256
    """of all parts, in their order"""
    parts: int = Field(ge=1, le=MAX_PARTS)


@dataclass(frozen=True)
class OrdersText:
    """Orders as JSON."""

    wanted: str
    plan: str | None
    """None where there is nothing to run"""


def part_file(number: int) -> str:
    """Name of a part's file, from 0."""
    return f"orders-{number:02}.gz"


def pack_orders(orders: OrdersText) -> dict[str, bytes]:
    """Files by name, the index first and then the parts; `InvalidInputError` beyond `MAX_ORDERS_BYTES`."""
    text = "\n".join((orders.wanted, *([] if orders.plan is None else [orders.plan]))).encode()
    packed = gzip.compress(text, _LEVEL, mtime=0)
    parts = [packed[start : start + PART_BYTES] for start in range(0, len(packed), PART_BYTES)]
    if len(text) > MAX_ORDERS_BYTES or len(parts) > MAX_PARTS:
        raise InvalidInputError(f"have {len(text)} bytes, more than {MAX_ORDERS_BYTES}", field="orders")
    index = OrdersIndex(sha256=hashlib.sha256(packed).hexdigest(), parts=len(parts))
    return {
        INDEX_FILE: index.model_dump_json().encode(),
        **{part_file(number): part for number, part in enumerate(parts)},
    }


def unpack_orders(files: Mapping[str, bytes]) -> OrdersText | None:
    """The orders in these files; None where there is no index, `InvalidInputError` where they are not whole."""
    if INDEX_FILE not in files:
        return None
    try:
        index = OrdersIndex.model_validate_json(files[INDEX_FILE])
        packed = b"".join(files[part_file(number)] for number in range(index.parts))
        if hashlib.sha256(packed).hexdigest() != index.sha256:
            raise InvalidInputError("are of different orders", field="orders")
        text = zlib.decompressobj(_GZIP).decompress(packed, MAX_ORDERS_BYTES + 1)
        wanted, _, plan = text.decode().partition("\n")
    except KeyError as error:
        raise InvalidInputError(f"lack {error.args[0]}", field="orders") from None
    except (ValidationError, ValueError, zlib.error) as error:
        raise InvalidInputError(f"cannot be read ({type(error).__name__})", field="orders") from None
    if len(text) > MAX_ORDERS_BYTES:
        raise InvalidInputError(f"have more than {MAX_ORDERS_BYTES} bytes", field="orders")
    return OrdersText(wanted, plan or None)
