"""Options of every command that reads or writes a store."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any

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
_S3 = "S3"
_S3_OPTIONS: dict[str, tuple[Any, object]] = {
    "endpoint": (
        Annotated[
            str | None,
            typer.Option(help="URL of the endpoint; AWS's own where left out.", metavar="URL", rich_help_panel=_S3),
        ],
        None,
    ),
    "region": (Annotated[str | None, typer.Option(help="Region.", rich_help_panel=_S3)], None),
    "ca_bundle": (
        Annotated[
            Path | None,
            typer.Option(help="File with the endpoint's certificate authority.", metavar="FILE", rich_help_panel=_S3),
        ],
        None,
    ),
    "profile": (
        Annotated[
            str | None,
            typer.Option(
                help="Profile of the AWS configuration; the default credential chain else.", rich_help_panel=_S3
            ),
        ],
        None,
    ),
    "anonymous": (
        Annotated[
            bool,
            typer.Option("--anonymous", help="Do not sign requests: read a public bucket.", rich_help_panel=_S3),
        ],
        False,
    ),
}
"""fields of `StoreOptions`: as an option, and what it is where left out"""


def with_s3_options(*left_out: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of S3 but for those `left_out`; its parameter `s3` gets them as `StoreOptions`."""
    chosen = {name: option for name, option in _S3_OPTIONS.items() if name not in left_out}

    def give(command: Callable[..., None]) -> Callable[..., None]:
        own = signature(command)
        parameters: list[Parameter] = []
        for parameter in own.parameters.values():
            if parameter.name != "s3":
                parameters.append(parameter)
                continue
            parameters += [
                Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
                for name, (annotation, default) in chosen.items()
            ]

        @wraps(command)
        def told(**given: Any) -> None:
            from mainstream.mpackage.stores.opening import StoreOptions

            command(s3=StoreOptions(**{name: given.pop(name) for name in chosen}), **given)

        # What typer reads; the annotation of `s3` is none of its business.
        told.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        told.__annotations__ = {each.name: each.annotation for each in parameters}
        return told

    return give
