"""Options of every command that reads or writes a store."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_STORE = "out/packages"

ReferenceArgument = Annotated[
    str,
    typer.Argument(
        help="name@version or name@sha256:<digest>, with a folder or s3://bucket/prefix and / in front; "
        f"{DEFAULT_STORE} where left out.",
        metavar="REFERENCE",
    ),
]
StoreOption = Annotated[
    str, typer.Option("--store", help="Folder, or s3://bucket/prefix, that holds the packages.", metavar="STORE")
]
EndpointOption = Annotated[
    str | None, typer.Option("--endpoint", help="S3: URL of the endpoint; AWS's own where left out.", metavar="URL")
]
RegionOption = Annotated[str | None, typer.Option("--region", help="S3: region.")]
CaBundleOption = Annotated[
    Path | None,
    typer.Option("--ca-bundle", help="S3: file with the endpoint's certificate authority.", metavar="FILE"),
]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="S3: profile of the AWS configuration; the default credential chain else."),
]
AnonymousOption = Annotated[bool, typer.Option("--anonymous", help="S3: read a public bucket, without keys.")]
