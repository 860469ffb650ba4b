"""`make bench-evidence`: everything that docs/evidence.md says, and the page itself.

    python benchmarks evidence [PART...] [--apps N] [--frozen] [--pictures POOL]

Parts are cells, carried (of the first pool), ablations, days, plaza; all where none is named. Every piece of work is
kept: cut short, run again, it goes on where it was, and the page says what was not run. QUICK=1: some ten minutes, of
one pool.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial

from common.harness import chosen
from common.results import QUICK
from evidence.ablations import leave_out
from evidence.carried import carry
from evidence.days import quiet_days
from evidence.page import write_page
from evidence.plaza import plaza
from evidence.regimes import play_cells
from evidence.stage import open_stand
from mainstream.errors import InvalidInputError
from photos.pools import KNOWN_POOLS

BY_POOL: dict[str, Callable[[str], None]] = {
    "cells": play_cells,
    "carried": carry,
    "ablations": leave_out,
    "days": quiet_days,
}
PARTS = (*BY_POOL, "plaza")


def main(wanted: list[str]) -> int:
    """Measure what was not measured yet, part by part; write the page after each."""
    asked = _arguments(wanted)
    known = list(KNOWN_POOLS[:1] if QUICK else KNOWN_POOLS)
    pools = [asked.pictures] if asked.pictures else known
    for part in asked.parts or PARTS:
        for work in _work(part, pools):
            began_s = time.monotonic()
            try:
                work()
            finally:
                write_page(known if asked.pictures in known else pools)
            print(f"{part}: {time.monotonic() - began_s:.0f} s", flush=True)
    return 0


def _work(part: str, pools: list[str]) -> list[Callable[[], None]]:
    if part == "plaza":
        return [plaza]
    return [partial(BY_POOL[part], pool) for pool in (pools[:1] if part == "carried" else pools)]


def _arguments(wanted: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument(
        "--pictures",
        metavar="POOL",
        help=f"one of {', '.join(KNOWN_POOLS)}, or a folder of folders of pictures, one a class; none: the known ones",
    )
    parser.add_argument("--apps", type=int, metavar="N", help="only packages of the first N classes of each pool")
    parser.add_argument("--frozen", action="store_true", help="packages without whole networks, which take minutes")
    asked = parser.parse_args(wanted)
    chosen(PARTS, asked.parts)
    for name in [asked.pictures] if asked.pictures else KNOWN_POOLS:
        try:
            open_stand(name, asked.apps, whole=not asked.frozen)
        except InvalidInputError as error:
            parser.error(str(error))
    return asked
