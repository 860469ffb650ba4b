"""`mainstream package`: look into what was published, check it, compare it, carry it from store to store."""

from typing import TYPE_CHECKING, Annotated

import typer

from mainstream.cli.store_options import DEFAULT_STORE, ReferenceArgument, StoreOption, with_s3_options

if TYPE_CHECKING:
    from mainstream.mpackage.base_manifest import BaseManifest
    from mainstream.mpackage.manifest import Manifest
    from mainstream.mpackage.stores.opening import StoreOptions
    from mainstream.mpackage.stores.store import Store

commands = typer.Typer(
    help="M-Packages and base networks in stores: look into them, check, compare, copy and list them.\n\n"
    "A store is a folder or s3://bucket/prefix. Keys for S3 come from the default credential chain: environment, "
    "profile, web identity, instance.",
    no_args_is_help=True,
)


@commands.command()
@with_s3_options()
def inspect(
    reference: ReferenceArgument,
    store: StoreOption = DEFAULT_STORE,
    *,
    s3: "StoreOptions",
) -> None:
    """Show a package: its event statistics, and for each candidate what it found on held-out frames, and its size."""
    from rich.console import Console

    from mainstream.cli.printing.package_table import render_published
    from mainstream.mpackage.manifest import Manifest
    from mainstream.mpackage.reading import read_curves

    opened, found = _open(reference, store, s3)
    Console().print(render_published(read_curves(opened, found) if isinstance(found, Manifest) else found))


@commands.command()
@with_s3_options()
def verify(
    reference: ReferenceArgument,
    store: StoreOption = DEFAULT_STORE,
    *,
    s3: "StoreOptions",
) -> None:
    """Read every byte of a package and compare it with its digests; exit code 2 where something was changed."""
    from mainstream.mpackage.reading import verify_package
    from mainstream.mpackage.stores.store import DamagedPackageError

    opened, found = _open(reference, store, s3)
    findings = verify_package(opened, found)
    for finding in findings[1:]:
        typer.echo(f"error: {opened}: {finding.key}: {finding.problem}", err=True)
    if findings:
        raise DamagedPackageError(findings[0].problem, field=findings[0].key, source=opened)
    total_bytes = sum(blob.size_bytes for blob in found.blobs)
    typer.echo(f"{found.name}@{found.version} is whole: {len(found.blobs)} blobs, {total_bytes / 1e6:.1f} MB")


@commands.command()
@with_s3_options()
def diff(
    before: ReferenceArgument,
    after: ReferenceArgument,
    store: StoreOption = DEFAULT_STORE,
    *,
    s3: "StoreOptions",
) -> None:
    """Show how a package differs from another: candidates, statistics, training, and the bytes that are new."""
    from rich.console import Console

    from mainstream.cli.printing.package_table import render_difference
    from mainstream.errors import InvalidInputError
    from mainstream.mpackage.comparing import compare
    from mainstream.mpackage.manifest import Manifest

    _, one = _open(before, store, s3)
    _, other = _open(after, store, s3)
    if not isinstance(one, Manifest) or not isinstance(other, Manifest):
        raise InvalidInputError("compares packages of apps, not base networks; name two packages", field="diff")
    Console().print(render_difference(one, other, compare(one, other)))


@commands.command()
@with_s3_options()
def copy(
    reference: ReferenceArgument,
    target: Annotated[str, typer.Argument(help="Store to copy to: a folder, or s3://bucket/prefix.", metavar="TARGET")],
    store: StoreOption = DEFAULT_STORE,
    *,
    s3: "StoreOptions",
    to_endpoint: Annotated[
        str | None, typer.Option(help="S3 endpoint of TARGET; --endpoint where left out.", metavar="URL")
    ] = None,
    to_region: Annotated[str | None, typer.Option(help="S3 region of TARGET; --region where left out.")] = None,
    to_profile: Annotated[str | None, typer.Option(help="AWS profile for TARGET; --profile where left out.")] = None,
) -> None:
    """Copy a package to another store: blobs first, the manifest last, so that it is there whole or not at all.

    Blobs that the target has are passed over; a copy that was cut off is simply started again.
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    from mainstream.mpackage.copying import copy_published
    from mainstream.mpackage.stores.opening import StoreOptions, open_store

    source, found = _open(reference, store, s3)
    there = open_store(
        target,
        StoreOptions(to_endpoint or s3.endpoint, to_region or s3.region, s3.ca_bundle, to_profile or s3.profile),
    )
    console = Console()
    with Progress(BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=console, transient=True) as bars:
        bar = bars.add_task("", total=sum(blob.size_bytes for blob in found.blobs))
        done = copy_published(found, source, there, on_blob=lambda blob: bars.advance(bar, blob.size_bytes))
    console.print(
        f"{there}/{found.name}@{found.version}: {len(done.copied)} blobs copied "
        f"({sum(blob.size_bytes for blob in done.copied) / 1e6:.1f} MB), {len(done.present)} were there",
        soft_wrap=True,
    )


@commands.command("list")
@with_s3_options()
def list_packages(
    store: Annotated[
        str, typer.Argument(help="Store: a folder, or s3://bucket/prefix.", metavar="STORE")
    ] = DEFAULT_STORE,
    *,
    s3: "StoreOptions",
) -> None:
    """List what a store holds: packages and base networks, with candidates, best accuracy, size and digest."""
    from rich.console import Console

    from mainstream.cli.printing.package_table import render_list
    from mainstream.errors import MainstreamError
    from mainstream.mpackage.reading import open_published, published_references
    from mainstream.mpackage.stores.opening import open_store

    opened = open_store(store, s3)
    rows, problems = [], []
    for reference in published_references(opened):
        try:
            rows.append(open_published(opened, reference))
        except MainstreamError as error:
            problems.append(error)
    Console().print(render_list(rows) if rows else f"{opened} holds no packages")
    for problem in problems:
        typer.echo(f"error: {problem}", err=True)
    if problems:
        raise typer.Exit(2)


def _open(reference: str, store: str, options: "StoreOptions") -> "tuple[Store, Manifest | BaseManifest]":
    from mainstream.mpackage.reading import open_published
    from mainstream.mpackage.stores.opening import open_store, split_reference

    where, named = split_reference(reference, store)
    opened = open_store(where, options)
    return opened, open_published(opened, named)
