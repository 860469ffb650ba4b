"""`mainstream package`: look into an M-Package, and check that it is what was published."""

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer(help="Look into M-Packages and check them.", no_args_is_help=True)

_Reference = Annotated[str, typer.Argument(help="name@version or name@sha256:<digest>.")]
_Store = Annotated[Path, typer.Option(help="Folder that holds the packages.", metavar="DIR")]


@commands.command()
def inspect(reference: _Reference, store: _Store = Path("out/packages")) -> None:
    """Show a package: its event statistics, and for each candidate what it found on held-out frames, and its size."""
    from rich.console import Console

    from mainstream.cli.package_table import render_package
    from mainstream.mpackage.folder_store import FolderStore
    from mainstream.mpackage.reading import open_package
    from mainstream.mpackage.reference import parse_reference

    Console().print(render_package(open_package(FolderStore(store), parse_reference(reference))))


@commands.command()
def verify(reference: _Reference, store: _Store = Path("out/packages")) -> None:
    """Read every byte of a package and compare it with its digests; exit code 2 where something was changed."""
    from mainstream.mpackage.folder_store import FolderStore
    from mainstream.mpackage.reading import DamagedPackageError, open_package, verify_package
    from mainstream.mpackage.reference import parse_reference

    folder = FolderStore(store)
    manifest = open_package(folder, parse_reference(reference))
    findings = verify_package(folder, manifest)
    for finding in findings[1:]:
        typer.echo(f"error: {folder}: {finding.key}: {finding.problem}", err=True)
    if findings:
        raise DamagedPackageError(findings[0].problem, field=findings[0].key, source=folder)
    total_bytes = sum(blob.size_bytes for blob in manifest.blobs)
    typer.echo(f"{manifest.name}@{manifest.version} is whole: {len(manifest.blobs)} blobs, {total_bytes / 1e6:.1f} MB")
