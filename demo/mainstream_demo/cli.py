"""`mainstream demo`: the whole loop on one machine."""

from pathlib import Path
from typing import Annotated

import typer

from mainstream.cli.outputs import make_folder
from mainstream.errors import InvalidInputError


def demo(
    example: Annotated[
        Path, typer.Option(help="Folder with manifests, the clip that they name, and labels.json.")
    ] = Path("examples/plaza"),
    out: Annotated[Path, typer.Option(help="Folder for packages, runs and the result.")] = Path("out/demo"),
) -> None:
    """Train, profile, plan, run live and measure an example on this machine: no Java, no Kubernetes, no credentials.

    Trains the example's apps on the first half of its clip (a second run finds the packages), then plays the second
    half through TorchServe under three plans for the same budget: Mainstream, No-Sharing and Max-Sharing. Ends with a
    table, OUT/report.json and OUT/report.html.
    """
    from rich.console import Console

    from mainstream_demo.progress import DemoProgress
    from mainstream_demo.steps import run_demo
    from mainstream_demo.table import print_result

    if not example.is_dir():
        raise InvalidInputError(
            "is not here: the plaza's clip, labels and manifests lie in the repository, not in the package; clone it, "
            "or name a copy with --example",
            field="--example",
            source=example,
        )
    make_folder(out, "--out")
    console = Console()
    result = run_demo(example, out, DemoProgress(console))
    print_result(result, console)
    console.print(f"\n{out / 'report.json'} and {out / 'report.html'} say more.")
