"""`mainstream base`: base networks that apps are fine-tuned from, where they can be cut, and publishing them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mainstream.cli.store_options import DEFAULT_STORE, StoreOption, with_s3_options

if TYPE_CHECKING:
    from mainstream.mpackage.stores.opening import StoreOptions
    from mainstream.nn.network import Network
    from mainstream.nn.weights_file import GivenWeights

commands = typer.Typer(
    help="Base networks that apps are fine-tuned from: list them, see where they can be cut, publish them.",
    no_args_is_help=True,
)

_Name = Annotated[str, typer.Argument(help="Base network, as `mainstream base list` names it.", metavar="NAME")]
_Weights = Annotated[
    str | None,
    typer.Option(
        help="Weights to use: a file or URL, safetensors or a state dict that torch.save wrote. Those of the package "
        "that ships them where left out.",
        metavar="FILE|URL",
    ),
]
_Sha256 = Annotated[
    str | None, typer.Option(help="sha256 that the weights must have; needed with a URL.", metavar="HEX")
]
_Segments = Annotated[
    int | None,
    typer.Option(
        min=1, max=100, help="Cut into so many segments, at most; 15 where left out. Its name is then NAME-in-N."
    ),
]


@commands.command("list")
def list_bases() -> None:
    """List the base networks that are installed: input, and where their weights come from."""
    from rich.console import Console

    from mainstream.cli.printing.base_table import render_architectures
    from mainstream.nn.registry import installed_base_networks, load_architecture

    Console().print(render_architectures([load_architecture(name) for name in installed_base_networks()]))


@commands.command()
def show(
    name: _Name,
    weights: _Weights = None,
    weights_sha256: _Sha256 = None,
    segments: _Segments = None,
    svg: Annotated[
        Path | None, typer.Option(help="Draw it into this file, too (.svg or .png).", metavar="FILE")
    ] = None,
) -> None:
    """Show where a base network can be cut: for each branch-point share of cost, map, micro-head, parameters, bytes.

    Cost is counted in operations, so that the table is the same on every machine; `mainstream profile` measures.
    """
    from rich.console import Console

    from mainstream.cli.printing.base_plot import check_drawable, draw_network
    from mainstream.cli.printing.base_table import render_network

    if svg is not None:
        check_drawable(svg)
    network, real = _network(_cut(name, segments), _given(weights, weights_sha256))
    Console().print(render_network(network, real=real))
    if svg is not None:
        draw_network(network, svg)
        typer.echo(f"drawn into {svg}")


@commands.command()
@with_s3_options("anonymous")
def publish(
    name: _Name,
    version: Annotated[str, typer.Option(help="Version to publish as; what is published never changes.")] = "1",
    store: StoreOption = DEFAULT_STORE,
    weights: _Weights = None,
    weights_sha256: _Sha256 = None,
    segments: _Segments = None,
    *,
    s3: "StoreOptions",
) -> None:
    """Publish a base network: its segments as blobs, and a small manifest, in the same stores as packages.

    Whoever trains from it names it with `--base-weights STORE/NAME@VERSION`; nodes get it by digest.
    """
    from mainstream.mpackage.stores.opening import open_store
    from mainstream.nn.registry import load_base_network
    from mainstream.weights import publish_base_network

    network = load_base_network(_cut(name, segments), _given(weights, weights_sha256))
    opened = open_store(store, s3)
    manifest = publish_base_network(network, version, opened)
    typer.echo(f"{opened}/{manifest.name}@{manifest.version}  sha256:{manifest.digest}")
    typer.echo(f"base network digest {manifest.network_digest}")


def _cut(name: str, segments: int | None) -> str:
    return name if segments is None else f"{name}-in-{segments}"


def _given(weights: str | None, sha256: str | None) -> "GivenWeights | None":
    from mainstream.errors import InvalidInputError
    from mainstream.nn.weights_file import GivenWeights

    if weights is None and sha256 is not None:
        raise InvalidInputError(
            "says what weights must be, but there are none; give --weights", field="--weights-sha256"
        )
    return None if weights is None else GivenWeights(weights, sha256)


def _network(name: str, given: "GivenWeights | None") -> "tuple[Network, bool]":
    """The network, and whether its weights are real: cost and sizes do not depend on them."""
    from mainstream.nn.registry import load_architecture, load_base_network

    architecture = load_architecture(name)
    if given is None and architecture.weights_package is None:
        return architecture.without_weights(), False
    return load_base_network(name, given), True
