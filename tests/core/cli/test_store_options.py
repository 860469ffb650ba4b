"""The options of S3, which many commands have in common."""

from pathlib import Path

import typer
from typer.testing import CliRunner

from mainstream.cli.store_options import with_s3_options
from mainstream.mpackage.stores.opening import StoreOptions

GIVEN: list[tuple[str, StoreOptions, int]] = []
commands = typer.Typer()


@commands.command()
@with_s3_options()
def whole(name: str, *, s3: StoreOptions, count: int = 1) -> None:
    """A command between whose own parameters they stand."""
    GIVEN.append((name, s3, count))


@commands.command()
@with_s3_options("profile", "anonymous")
def part(name: str, *, s3: StoreOptions) -> None:
    """A command without some of them."""
    GIVEN.append((name, s3, 0))


def given(*words: str) -> tuple[str, StoreOptions, int] | None:
    GIVEN.clear()
    CliRunner().invoke(commands, list(words))
    return GIVEN[0] if GIVEN else None


def test_a_command_gets_its_own_parameters_and_what_was_left_out_as_the_store_has_it() -> None:
    assert given("whole", "plaza", "--count", "2") == ("plaza", StoreOptions(), 2)


def test_every_option_arrives_in_its_field() -> None:
    words = ("--endpoint", "http://s3", "--region", "here", "--ca-bundle", "ca.pem", "--profile", "mine", "--anonymous")
    expected = StoreOptions("http://s3", "here", Path("ca.pem"), "mine", True)
    assert given("whole", "plaza", *words) == ("plaza", expected, 1)


def test_a_command_without_an_option_refuses_it() -> None:
    assert given("part", "plaza", "--region", "here") == ("plaza", StoreOptions(region="here"), 0)
    assert given("part", "plaza", "--profile", "mine") is None
    assert given("part", "plaza", "--anonymous") is None
