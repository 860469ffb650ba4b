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
    all_baselines: Annotated[
        bool,
        typer.Option(
            "--all-baselines",
            help="Train whole networks for the apps of the folders below the example's, too, over a minute each, so "
            "that No-Sharing is known of all apps.",
        ),
    ] = False,
) -> None:
    """Train, profile, plan, run live and measure an example on this machine: no Java, no Kubernetes, no credentials.

    Trains the example's apps, and those of the folders below it, on the first half of its clip (a second run finds the
    packages). Then plays the second half through TorchServe, with all apps, under Mainstream's plan and those of
    baselines for the same budget; and, from one pass of scores, for fewer apps too. Ends with tables, OUT/report.json
    and OUT/report.html, and with alerts to judge (`mainstream console --out OUT`).
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
    result = run_demo(example, out, DemoProgress(console), all_baselines=all_baselines)
    print_result(result, console)
    console.print(f"\n{out / 'report.json'} and {out / 'report.html'} say more.")
    console.print(
        f"`mainstream console --out {out}` shows its alerts at http://127.0.0.1:8090/, for you to say which were right."
    )
